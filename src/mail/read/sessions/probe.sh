# Whether the password $fleet_secret is accepted for one of the $logins of an account:
#   said<TAB>WHO<TAB>yes|no|absent|unknown<TAB>WHY    end
# The password goes through pipes alone. `printf` must be the shell's own, or it would stand on an argument list.
tab=$(printf '\t')
nl='
'
say() { printf 'said\t%s\t%s\t%s\n' "$1" "$2" "$3"; }
end() {
  echo end
  exit 0
}
case "$(type printf 2>/dev/null)" in *builtin*) ;; *) say 'the shell' unknown 'it has no printf of its own' && end ;; esac
set -f
# shellcheck disable=SC2086
set -- $logins
set +f
case "${1:-}" in '' | -*) say 'the shell' unknown 'this is not a login' && end ;; esac
[ -n "$fleet_secret" ] || { say 'the shell' unknown 'there is no password' && end; }

# Whether Dovecot has that account: 0, 1, or 2 when it does not tell.
account_there() {
  doveadm user -u "$account" </dev/null >/dev/null 2>&1
  case $? in 0) return 0 ;; 67) return 1 ;; esac
  doveadm user "$account" </dev/null >/dev/null 2>&1
  case $? in 0) return 0 ;; 67) return 1 ;; esac
  return 2
}

dovecot() {
  believes=$(printf '%s\n' "$fleet_secret" | dovecot_says "$account")
  case "$believes" in
  yes) say Dovecot yes '' && return ;;
  no) ;;
  *) say Dovecot unknown "$believes" && return ;;
  esac
  # A login that does not exist is refused in the same words.
  account_there
  case $? in
  0) say Dovecot no '' ;;
  1) say Dovecot absent '' ;;
  *) say Dovecot no 'whether the account exists cannot be determined' ;;
  esac
}

# Says standard input to a port of this host, and prints what comes back.
talk() {
  # shellcheck disable=SC2016
  bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    cat <&3 & cat >&3
    for n in 1 2 3 4 5 6 7 8; do kill -0 $! || exit 0; sleep 1; done; kill $!' talk "$1" 2>/dev/null
}
talk_tls() {
  port=$1
  shift
  openssl s_client -quiet -connect "127.0.0.1:$port" "$@" 2>/dev/null
}
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$1" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'; }

# What is said is said by time: nothing that waits for an answer is on every host.
imap_says() {
  quoted=$(printf '%s' "$fleet_secret" | sed 's/[\\"]/\\&/g')
  sleep 1
  printf 'a1 LOGIN "%s" "%s"\r\n' "$account" "$quoted"
  sleep 1
  printf 'a2 LOGOUT\r\n'
}
imap() {
  text=
  if listens 008F && have bash; then text=$(imap_says | talk 143 | tr -d '\r' | sed -n 's/^a1 //p'); fi
  case "$text" in
  OK* | NO* | BAD*) ;;
  *) if listens 03E1 && have openssl; then text=$(imap_says | talk_tls 993 | tr -d '\r' | sed -n 's/^a1 //p'); fi ;;
  esac
  case "$text" in
  OK*) say IMAP yes '' ;;
  *UNAVAILABLE* | *emporar* | *TLS* | *SSL*) say IMAP unknown 'it takes no logins here' ;;
  NO*) say IMAP no 'whether the account exists cannot be determined' ;;
  *) say IMAP unknown 'it could not be asked' ;;
  esac
}

smtp_says() {
  sleep 2
  printf 'EHLO localhost\r\n'
  sleep 1
  # `base64` breaks long lines.
  printf 'AUTH PLAIN %s\r\n' "$(printf '\000%s\000%s' "$account" "$fleet_secret" | { base64 2>/dev/null || openssl base64; } | tr -d '\n')"
  sleep 1
  printf 'QUIT\r\n'
}
code() { sed -n -e 's/^\(235\) .*/\1/p' -e 's/^\(535\) .*/\1/p' | head -n 1; }
smtp() {
  code=
  have base64 || have openssl || { say SMTP unknown 'it could not be asked' && return; }
  if have bash && listens 024B; then code=$(smtp_says | talk 587 | code); fi
  if [ -z "$code" ] && have openssl && listens 024B; then code=$(smtp_says | talk_tls 587 -starttls smtp | code); fi
  if [ -z "$code" ] && have openssl && listens 01D1; then code=$(smtp_says | talk_tls 465 | code); fi
  if [ -z "$code" ] && have bash && listens 0019; then code=$(smtp_says | talk 25 | code); fi
  case "$code" in
  235) say SMTP yes '' ;;
  535) say SMTP no 'whether the account exists cannot be determined' ;;
  *) say SMTP unknown 'it could not be asked, or takes no such login from this host' ;;
  esac
}

# asked SERVER LOGIN..: what it says to the first login that it takes; where it takes none, what tells most.
asked() {
  server=$1
  shift
  heard=
  for account do
    heard=$heard$($server)$nl
    case "$heard" in *"${tab}yes$tab"*) break ;; esac
  done
  for word in yes no absent unknown; do
    said=$(printf '%s' "$heard" | grep "$tab$word$tab" | head -n 1)
    [ -z "$said" ] || break
  done
  printf '%s\n' "$said"
}
if have doveadm && dovecot_runs; then
  asked dovecot "$@"
elif listens 008F || listens 03E1; then
  asked imap "$@"
fi
# Where the mail server asks Dovecot itself, that was the answer.
for exim in exim4 exim; do have "$exim" && break; done
case "$(have doveadm && dovecot_runs && echo dovecot),$({ postconf -h smtpd_sasl_type; "$exim" -bP authenticators | sed -n 's/^driver = //p'; } 2>/dev/null)" in
dovecot,*dovecot*) ;;
*) asked smtp "$@" ;;
esac
end
