# The queue, and qmail-send, which has it to itself, so that it is stopped before anything is changed.
# For `delete` each line of input is `ID ARRIVAL SIZE`.
told=$(cat)
ask '[1-9][0-9]{0,19}' <<IDS
$(printf '%s\n' "$told" | sed 's/ .*//')
IDS
enter "$home/queue" mess
PATH=$PATH:/command
way='' what='' pid='' locked=''

# In the order in which a message's files can go: without todo and info there is no message.
queues='todo info remote bounce intd mess local'
found() {
  # shellcheck disable=SC2086
  find $queues -type f 2>/dev/null |
    sed -n 's,^[a-z]*/\([0-9]*/\)*\([0-9]*\)$,\2 &,p' | mine
}

# same: `ID` of those under whose number there is the message that was meant. A number is a file's, and is used again at
# once: what has it by now came later than the one that had it when it was asked for.
same() {
  { all told "$told"; find mess info -type f -printf '%T@ %s %p\n' 2>/dev/null; } | awk '
    $1 == "told" { arrival[$2] = $3; size[$2] = $4; next }
    {
      time = $1; sub(/[.].*/, "", time); n = split($3, path, "/"); id = path[n]
      if (!(id in arrival)) next
      if (time == arrival[id]) timely[id]
      if (path[1] == "mess" && $2 == size[id]) sized[id]
    }
    END { for (id in sized) if (id in timely) print id }'
}

# look: sets $before, `ID held` or, of one that is being written, `ID pieces`; and $files, those of whole messages. Another
# message under the number of one that was meant is none of them.
look() {
  files=$({ all same "$(same)"; found; } | awk '$1 == "same" { same[$2]; next } $1 in same')
  before=$(printf '%s\n' "$files" | awk -F '[ /]' '
    NF { id[$1] }
    $2 == "mess" { text[$1] }
    $2 == "info" || $2 == "todo" { envelope[$1] }
    END { for (i in id) print i, (i in text && i in envelope ? "held" : "pieces") }')
  files=$({ all state "$before"; printf '%s\n' "$files"; } |
    awk '$1 == "state" { if ($3 == "held") whole[$2]; next } $1 in whole')
}

# senders: PID PARENT of each qmail-send that runs
senders() {
  cat "$proc"/[0-9]*/stat 2>/dev/null | sed -n 's/^\([0-9]*\) (qmail-send) [^XZ] \([0-9]*\) .*/\1 \2/p'
}

# Starts qmail-send again when the process $3 and the qmail-send $4 have ended, unless it runs. It has a session of its
# own and holds nothing of this one: neither what ends this script nor what waits for its lock or its output concerns it.
again='
  exec </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  umask 022
  cd /
  while [ -n "$3" ] && kill -0 "$3"; do sleep 1; done
  while grep "^[0-9]* (qmail-send) [^XZ]" "$5/$4/stat"; do sleep 1; done
  cat "$5"/[0-9]*/stat | grep "^[0-9]* (qmail-send) [^XZ]" && exit
  # What the script had begun may hold its lock a little longer than it.
  command -v flock && [ -f "$6" ] && flock -w 600 "$6" true
  case $1 in
  supervise) svc -u "$2" ;;
  runsv) sv up "$2" ;;
  s6-supervise) s6-svc -u "$2" ;;
  service) service qmail start ;;
  rc) "$2" & ;;
  esac'

# alone: whether nobody works on the queue. Every qmail-send takes this lock or ends, so with it in hand none begins, whoever
# starts it; where there is no flock it can only be looked.
alone() {
  [ -z "$locked" ] || return 0
  if command -v flock >/dev/null && [ -f lock/sendmutex ] && (: >>lock/sendmutex) 2>/dev/null; then
    exec 8>>lock/sendmutex
    if flock -n 8; then
      locked=1
      return
    fi
  elif ! runs; then
    return
  fi
  why='qmail-send was started again by someone else'
  return 1
}

# halt: stops qmail-send, which ends when its deliveries have, and keeps it from working. Whatever becomes of this script,
# also a signal that nothing can catch, a process is left that starts it again.
halt() {
  # shellcheck disable=SC2046
  set -- $(senders)
  case $# in
  0)
    notes='qmail-send was not running'
    alone
    return
    ;;
  2) ;;
  *) why='more than one qmail-send runs' && return 1 ;;
  esac
  way=$(sed -n 's/^[0-9]* (\([^)]*\)).*/\1/p' "$proc/$2/stat" 2>/dev/null)
  case $way in
  supervise | runsv | s6-supervise) what=$(readlink "$proc/$2/cwd") ;;
  *)
    if [ -x "$init" ] || systemctl cat qmail.service >/dev/null 2>&1; then
      way=service
    elif [ -x "$home/rc" ]; then
      way=rc what=$home/rc
      unit=$(sed -n 's,.*/\([^/]*[.]service\)$,\1,p' "$proc/$1/cgroup" 2>/dev/null | sed -n 1p)
      case $unit in
      # They begin it once.
      '' | rc-local.service | ssh.service | sshd.service | cron.service | crond.service | atd.service | webmin.service) ;;
      *) why="$unit would start qmail-send again, and is not known" && return 1 ;;
      esac
    else
      why='it is not known how qmail-send would be started again'
      return 1
    fi
    ;;
  esac
  command -v setsid >/dev/null || { why='there is no setsid'; return 1; }
  pid=$1
  (setsid sh -c "$again" sh "$way" "$what" $$ "$pid" "$proc" "$PWD/lock/sendmutex" &)
  case $way in
  supervise) svc -d "$what" ;;
  runsv) sv down "$what" ;;
  s6-supervise) s6-svc -d "$what" ;;
  service) service qmail stop ;;
  rc) kill "$pid" ;;
  esac </dev/null >/dev/null 2>&1
  if ! within "$patience" ended; then
    why="qmail-send did not end in $patience seconds"
    return 1
  fi
  alone
}

ended() { ! senders | grep -q "^$pid "; }
runs() { [ -n "$(senders)" ]; }

# within SECONDS WORD: waits until it is so
within() {
  left=$1
  until "$2"; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 1
  done
}

# resume: starts qmail-send again.
resume() {
  exec 8>&-
  [ -n "$pid" ] || return 0
  if ! ended; then
    notes='qmail-send still ends its deliveries: it is started again when it has'
    return
  fi
  setsid sh -c "$again" sh "$way" "$what" '' "$pid" "$proc" "$PWD/lock/sendmutex"
  within 10 runs || notes='qmail-send does not run again'
}
