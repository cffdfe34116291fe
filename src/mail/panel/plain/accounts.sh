# The accounts that a system knows without a panel: Unix users, Dovecot's users, and the mail server's tables ($mta
# says which). One a line:
#   user<TAB>NAME   off<TAB>NAME   dovecot<TAB>NAME   virtual<TAB>ADDRESS   alias<TAB>ADDRESS<TAB>TARGET
#   virtuser<TAB>ADDRESS<TAB>TARGET   domain<TAB>NAME   note<TAB>WHAT IS MISSING   unknown<TAB>WHAT IS NOT KNOWN
# and end. Passwords stand in some of the files; only names leave the host, and of a command its first word.
note() { printf 'note\t%s\n' "$1"; }

users | awk -F: '{ print "user\t" $1 }'
# What `passwd -S` calls locked.
{ getent shadow 2>/dev/null || cat /etc/shadow 2>/dev/null; } | awk -F: '
  $2 ~ /^[!*]/ { print "off\t" $1 }
  END { if (!NR) print "unknown\twhich users are locked: /etc/shadow cannot be read" }'

if command -v doveadm >/dev/null 2>&1; then
  if names=$(doveadm user '*' 2>/dev/null); then
    # One that lists Unix users lists the system's own too.
    [ -z "$names" ] || { { getent passwd 2>/dev/null || cat /etc/passwd; } && printf '%s\n' "$names"; } |
      awk -F: -v first="$first" '
        NF > 1 { if ($3 + 0 < first + 0 || $3 == 65534) own[$1] = 1; next }
        !($1 in own) && $1 !~ / / { print "dovecot\t" $1 }'
  else
    # A user database that cannot list still has its names in a file, if it is one.
    files=$(doveconf -n 2>/dev/null | awk '
      $1 ~ /^(passdb|userdb)$/ { args = ""; driver = "" }
      $1 == "args" { args = $NF }
      $1 == "driver" { driver = $3 }
      $1 == "passwd_file_path" { print $3 }
      $1 == "}" && driver == "passwd-file" && args != "" { print args; driver = "" }' | sort -u)
    [ -n "$files" ] || note 'dovecot cannot list its users'
    printf '%s\n' "$files" | while IFS= read -r file; do
      case "$file" in
      '') ;;
      /*%*) note "dovecot users in $file are not read" ;;
      *)
        if [ -r "$file" ]; then
          awk -F: 'NF > 1 && !/^#/ { print "dovecot\t" $1 }' "$file"
        else
          note "$file cannot be read"
        fi
        ;;
      esac
    done
  fi
fi

# What an account of such a file is locked by (control/file.sh).
for file in $(password_files); do
  case "$file" in
  *%*) ;;
  *) [ ! -r "$file" ] || awk -F: 'index($2, "{CRYPT}!") == 1 { print "off\t" $1 }' "$file" ;;
  esac
done

# table KIND PATH: a table's source, with its continuation lines. KIND says what stands between key and value.
table() {
  awk -v kind="$1" '
    function emit(line,  key, at, n, i, part, quoted) {
      if (line == "") return
      if (kind == "aliases") { at = index(line, ":"); key = substr(line, 1, at - 1); line = substr(line, at + 1) }
      else { at = match(line, /[ \t]/); key = at ? substr(line, 1, at - 1) : line; line = at ? substr(line, at) : "" }
      gsub(/["\t ]/, "", key)
      if (key == "") return
      if (kind == "virtual") { print "virtual\t" key; return }
      if (kind == "virtuser") {
        # Sendmail refuses mail for an address whose value is an error.
        if (line !~ /^[ \t]*error:/) { split(line, part, " "); print "virtuser\t" key "\t" part[1] }
        return
      }
      # What stands in quotes is one target, and may have commas; a command ends there or at the next comma.
      while (match(line, /"([^"\\]|\\.)*"|[|][^,]*/)) {
        quoted = substr(line, RSTART, RLENGTH)
        line = substr(line, 1, RSTART - 1) "," substr(line, RSTART + RLENGTH)
        sub(/^"[ \t]*/, "", quoted); sub(/["\t ].*$/, "", quoted)
        if (quoted != "") print "alias\t" key "\t" quoted
      }
      sub(/".*/, "", line)
      n = split(line, part, /[, \t]+/)
      for (i = 1; i <= n; i++) if (part[i] != "") print "alias\t" key "\t" part[i]
    }
    { sub(/\r$/, "") }
    /^[ \t]*(#|$)/ { next }
    /^[ \t]/ { line = line " " $0; next }
    { emit(line); line = $0 }
    END { emit(line) }' "$2"
}
# maps PARAMETER KIND
maps() {
  postconf -h "$1" 2>/dev/null | tr ', ' '\n\n' | while IFS= read -r map; do
    map=${map#proxy:}
    case "$map" in
    '' | \$*) ;;
    hash:/* | btree:/* | dbm:/* | lmdb:/* | cdb:/* | texthash:/*)
      file=${map#*:}
      if [ -r "$file" ]; then table "$2" "$file"; else note "$file cannot be read"; fi
      ;;
    *) note "accounts in ${map%%\{*} are not read" ;;
    esac
  done
}
# The mail domains that the server calls its own; `*` where some of them cannot be read.
domains() {
  case "$mta" in
  postfix)
    name=$(postconf -h myhostname 2>/dev/null)
    domain=$(postconf -h mydomain 2>/dev/null)
    for parameter in mydestination virtual_mailbox_domains virtual_alias_domains; do
      postconf -h "$parameter" 2>/dev/null | tr ', ' '\n\n'
    done | sed "s/[$]{*myhostname}*/$name/g; s/[$]{*mydomain}*/$domain/g" | while IFS= read -r word; do
      case "${word#proxy:}" in
      # The domains of its addresses are told by these.
      '' | \$virtual_alias_maps | \$virtual_mailbox_maps) ;;
      hash:/* | btree:/* | dbm:/* | lmdb:/* | cdb:/* | texthash:/* | /*) awk '!/^[ \t]*(#|$)/ { print $1 }' "${word#*:}" 2>/dev/null || echo '*' ;;
      *[:\$!]*) echo '*' ;;
      *) printf '%s\n' "$word" ;;
      esac
    done
    ;;
  sendmail)
    # Its test mode prints them behind its prompt, and addresses of the host among them.
    own=$(echo '$=w' | sendmail -bt 2>/dev/null | sed -n 's/^\(> \)\{0,1\}\([A-Za-z0-9][A-Za-z0-9.-]*\)$/\2/p')
    printf '%s\n' "${own:-*}"
    ;;
  qmail) sed 's/:.*//' /var/qmail/control/me /var/qmail/control/locals /var/qmail/control/virtualdomains 2>/dev/null ;;
  *) echo '*' ;;
  esac
}
domains | sort -u | sed -n "s/^..*/domain$(printf '\t')&/p"
case "$mta" in
postfix)
  maps virtual_mailbox_maps virtual
  maps virtual_alias_maps alias
  maps alias_maps aliases
  ;;
*)
  for file in /etc/aliases /etc/mail/aliases; do
    [ ! -r "$file" ] || table aliases "$file"
  done
  # Only Sendmail reads it; another server's may be a left-over.
  if [ "$mta" = sendmail ] && [ -r /etc/mail/virtusertable ]; then table virtuser /etc/mail/virtusertable; fi
  ;;
esac
echo end
