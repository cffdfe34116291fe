# Ends what is open under the $logins of $account: sessions of its mailbox, and the connections to hand mail in of the
# client addresses on standard input, `ADDRESS HEX4 HEX6` a line: as text, and as the kernel writes it among IPv4 and IPv6
# connections, `-` where that cannot be.
nl='
'
# doveadm takes patterns for names.
case "$account $logins" in *['*?']*) failed 'it is not the name of an account' ;; esac
wanted=$(cat)
case "$wanted" in
*[!0-9A-Fa-f:.\ "$nl"-]*) failed 'its input is not a list of addresses' ;;
esac
why=
fail() { why="${why:+$why; }$1"; }
[ "$(id -u)" = 0 ] || failed 'root privileges are required'
set -f
# shellcheck disable=SC2086
set -- $logins $(lower "$logins")
set +f
count() { printf '%s' "$1" | grep -c ''; }

# Caches of passwords first: whoever is cut comes back at once.
if dovecot_runs; then forget "$@"; fi
[ -z "${emptied-}" ] || note 'the whole Dovecot authentication cache was flushed'

# saslauthd forgets nothing by word: with -c it takes the old password for hours, until it is another process.
saslauthds() { procs | sed -n 's/^\([0-9]*\) saslauthd$/\1/p'; }
command_of() { { tr '\000' '\n' <"/proc/$1/cmdline"; } 2>/dev/null; }
# remains PID..: whether one of these still runs after a while.
remains() {
  for attempt in 1 2 3 4 5; do
    remain=
    now=" $(saslauthds | tr '\n' ' ') "
    for pid do case "$now" in *" $pid "*) remain=1 ;; esac; done
    [ -n "$remain" ] || return 1
    sleep 1
  done
}
# by_hand PID..: ends these, and starts the first one's command again.
by_hand() {
  words=$(command_of "$1")
  case "$nl$words$nl" in *"$nl-d$nl"*) return ;; esac
  kill "$@" 2>/dev/null
  if remains "$@"; then return; fi
  IFS=$nl
  set -f
  # shellcheck disable=SC2086
  set -- $words
  set +f
  unset IFS
  (umask 022; env -i LC_ALL=C "PATH=$PATH" "$@") </dev/null >/dev/null 2>&1
}
service_again() (
  umask 022
  unset TMPDIR
  if [ -d /run/systemd/system ] && have systemctl; then
    # For each account once: that must not count as a service that does not come up.
    systemctl reset-failed saslauthd.service
    systemctl restart saslauthd.service
  elif have service; then
    service saslauthd restart
  elif [ -x /etc/init.d/saslauthd ]; then
    env -i LC_ALL=C "PATH=$PATH" /etc/init.d/saslauthd restart
  fi </dev/null >/dev/null 2>&1
)
keepers() {
  for pid in $(saslauthds); do
    case "$nl$(command_of "$pid")$nl" in *"$nl-c$nl"*) echo "$pid" ;; esac
  done
}
keepers=$(keepers)
if [ -n "$keepers" ]; then
  service_again
  # shellcheck disable=SC2086
  if remains $keepers; then by_hand $keepers; fi
  # shellcheck disable=SC2086
  if remains $keepers; then
    fail 'saslauthd caches passwords (-c) and could not be restarted: it may accept the old one for hours'
  elif [ -z "$(saslauthds)" ]; then
    fail 'saslauthd was stopped and does not restart: logins through it fail'
  else
    note 'saslauthd was restarted because it caches passwords (-c)'
  fi
fi

# The account's name as Dovecot writes it, once for each session.
who() {
  have doveadm && sessions=$(doveadm -f tab who -1 </dev/null 2>/dev/null) || return 0
  printf '%s\n' "$sessions" | awk -F '\t' -v logins="$logins" "$own"' NR > 1 && own($1) { print $1 }'
}
own='function own(login) { return index(" " tolower(logins) " ", " " tolower(login) " ") }'
box_pids() { boxes | awk -F '\t' -v logins="$logins" "$own"' own($3) { print $2 }'; }
first=$(
  who
  box_pids
)
left=$first
tries=0
while [ -n "$left" ] && [ $tries -lt 5 ]; do
  who | sort -u | while read -r name; do doveadm kick "$name" </dev/null >/dev/null 2>&1; done
  for pid in $(box_pids); do kill "$pid" 2>/dev/null; done
  sleep 1
  left=$(
    who
    box_pids
  )
  tries=$((tries + 1))
done
[ -z "$first" ] || [ -n "$left" ] || note "mailbox sessions terminated: $(count "$first")"
[ -z "$left" ] || fail "mailbox sessions still open: $(count "$left")"
if have doveadm && dovecot_runs; then
  doveadm -f tab who -1 </dev/null >/dev/null 2>&1 || fail 'Dovecot does not list its sessions'
fi
[ -z "$wanted" ] || [ -r /proc/net/tcp ] || fail 'the kernel does not list its connections'

# Connections of the wanted addresses: ADDRESS REMOTE LOCAL INODE.
open() {
  {
    printf '%s\n' "$wanted"
    echo --
    connections
  } | awk '
    $1 == "--" { second = 1; next }
    !second { if ($2 != "-") { text[$2] = $1; text[$3] = "::ffff:" $1 } else text[$3] = $1; next }
    { split($2, remote, ":"); if (remote[1] in text) print text[remote[1]], $2, $1, $3 }'
}
# Of the connections that there were at first those that are left. Who comes back has to log in again.
left() {
  open | while read -r line; do
    case "$nl$first$nl" in *"$nl$line$nl"*) printf '%s\n' "$line" ;; esac
  done
}
first=$(open)
left=$first
if [ -n "$left" ] && have ss; then
  printf '%s\n' "$left" | while read -r address remote own inode; do
    case "$address" in *:*) address="[$address]" ;; esac
    # It complains of some sockets and is right all the same; what is left afterwards tells.
    ss -K -t -n dst "$address:$((0x${remote##*:}))" sport = ":$((0x${own##*:}))" </dev/null >/dev/null 2>&1
  done
  left=$(left)
fi

# An old kernel or an old ss cannot. Then the processes that serve these connections end, where each serves one.
if [ -n "$left" ]; then
  servers=$(
    {
      owners
      echo --
      printf '%s\n' "$left"
      echo --
      connections
    } | awk '
      $1 == "--" { stage++; next }
      !stage { pids[$3] = pids[$3] " " $1; kind[$1] = $2; next }
      stage == 1 { wanted[$4] = 1; next }
      { n = split(pids[$3], own, " "); for (i = 1; i <= n; i++) { serves[own[i]]++; if ($3 in wanted) end[own[i]] = 1 } }
      END { for (pid in end) if (serves[pid] == 1) print pid, kind[pid] }'
  )
  for pid in $(printf '%s\n' "$servers" | sed 's/ .*//'); do kill -TERM "$pid" 2>/dev/null; done
  tries=0
  while left=$(left) && [ -n "$left" ] && [ $tries -lt 5 ]; do
    sleep 1
    tries=$((tries + 1))
  done
  case "$servers" in
  '') ;;
  *postfix*) note 'connections could not be closed individually: the processes that serve them were terminated. Postfix may accept no client on that port for a minute' ;;
  *) note 'connections could not be closed individually: the processes that serve them were terminated' ;;
  esac
fi
cut=$(($(count "$first") - $(count "$left")))
[ $cut = 0 ] || note "mail submission connections terminated: $cut"
[ -z "$left" ] || fail "mail submission connections still open: $(count "$left")"
[ -z "$why" ] || failed "$why"
row changed
