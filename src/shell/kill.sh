# Ends process $root and everything that it started; with whole=1 its whole session, so that what was
# reparented goes too. Prints `left=N`, the number of processes that could not be ended.
#
# A number alone names nobody: it may be another's by now, also between two looks. A process is told by its number and the
# time of its start, the first of them by its session too, and a session by one of those that was in it before.
mine=$$
set=" $root:$start "
# When process $1 was started, into $at; nothing when it is gone or a zombie.
started() {
  at=
  IFS= read -r line 2>/dev/null <"/proc/$1/stat" || return 0
  # The command's name stands in parentheses and may hold anything: cut after the last one.
  set -- ${line##*) }
  [ "$1" = Z ] || at=${20}
}
# Everything that is to end and is there, as PID:START, into $set.
tree() {
  rows= held= live=' '
  for stat in /proc/[0-9]*/stat; do
    IFS= read -r line <"$stat" || continue
    pid=${line%% *}
    set -- ${line##*) }
    [ "$1" = Z ] && continue
    rows="$rows$pid $2 $4 ${20}
"
    case $set in *" $pid:${20} "*) [ "$4" = "$session" ] && held=1 ;; esac
  done 2>/dev/null
  grew=1
  while [ "$grew" = 1 ]; do
    grew=0
    while read -r pid parent sid begun; do
      [ -n "$begun" ] && [ "$pid" != "$mine" ] || continue
      case $live in *" $pid "*) continue ;; esac
      in=0
      case $set in *" $pid:$begun "*) in=1 ;; esac
      case $live in *" $parent "*) in=1 ;; esac
      [ "$whole$held" = 11 ] && [ "$sid" = "$session" ] && in=1
      [ "$in" = 1 ] || continue
      live="$live$pid " grew=1
      case $set in *" $pid:$begun "*) ;; *) set="$set$pid:$begun " ;; esac
    done <<END
$rows
END
  done
}
# Sends signal $1 to each of them that is still there; without one, counts them.
each() {
  left=0
  for one in $set; do
    started "${one%:*}"
    [ "$at" = "${one#*:}" ] || continue
    left=$((left + 1))
    [ -z "$1" ] || kill "-$1" "${one%:*}" 2>/dev/null
  done
}
# Sends signal $1 to the session's shell, as long as it is the one that it was.
shell() {
  [ "$whole" = 1 ] && [ -n "$leader" ] || return 0
  started "$session"
  [ "$at" = "$leader" ] && kill "-$1" "$session" 2>/dev/null
}
# Of a host that did not say when it began, nothing is ended by the number alone.
[ "$start" = 0 ] && { echo left=1; exit; }
IFS= read -r line 2>/dev/null <"/proc/$root/stat" && set -- ${line##*) } || set --
[ "${20}" = "$start" ] && [ "$4" = "$session" ] || { echo left=0; exit; }
started "$session"
leader=$at
tree
# The session's shell must not begin its next part while this one ends; the signal waits for it to go on.
shell STOP
each TERM
shell CONT
round=0
while [ $round -lt 20 ]; do
  each
  [ $left = 0 ] && break
  sleep 0.1 2>/dev/null || sleep 1
  round=$((round + 1))
done
if [ $left != 0 ]; then
  tree
  each KILL
  sleep 0.1 2>/dev/null || sleep 1
  each
fi
echo "left=$left"
