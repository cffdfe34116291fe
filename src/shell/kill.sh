# Ends process $root and everything that it started; with whole=1 its whole session, so that what was
# reparented goes too. Prints `left=N`, the number of processes that could not be ended.
mine=$$
set=" $root "
tree() {
  rows=
  for stat in /proc/[0-9]*/stat; do
    IFS= read -r line <"$stat" || continue
    pid=${line%% *}
    # The command's name stands in parentheses and may hold anything: cut after the last one.
    rest=${line##*) }
    oldIFS=$IFS; IFS=' '; set -- $rest; IFS=$oldIFS
    [ "$1" = Z ] && continue
    rows="$rows$pid $2 $4
"
    [ "$pid" = "$root" ] && session=$4
  done 2>/dev/null
  grew=1
  while [ "$grew" = 1 ]; do
    grew=0
    while read -r pid parent sid; do
      [ -n "$pid" ] || continue
      case $set in *" $pid "*) continue ;; esac
      case $set in *" $parent "*) in=1 ;; *) in=0 ;; esac
      [ "$whole" = 1 ] && [ -n "$session" ] && [ "$sid" = "$session" ] && in=1
      [ "$in" = 1 ] && [ "$pid" != "$mine" ] && { set="$set$pid "; grew=1; }
    done <<END
$rows
END
  done
}
alive() {
  left=0
  for pid in $set; do
    IFS= read -r line 2>/dev/null <"/proc/$pid/stat" || continue
    rest=${line##*) }
    case $rest in Z*) ;; *) left=$((left + 1)) ;; esac
  done
}
session=
tree
# The session's shell must not begin its next part while this one ends; the signal waits for it to go on.
[ "$whole" = 1 ] && [ -n "$session" ] && kill -STOP "$session" 2>/dev/null
kill -TERM $set 2>/dev/null
[ "$whole" = 1 ] && [ -n "$session" ] && kill -CONT "$session" 2>/dev/null
round=0
while [ $round -lt 20 ]; do
  alive
  [ $left = 0 ] && break
  sleep 0.1 2>/dev/null || sleep 1
  round=$((round + 1))
done
if [ $left != 0 ]; then
  tree
  kill -KILL $set 2>/dev/null
  sleep 0.1 2>/dev/null || sleep 1
  alive
fi
echo "left=$left"
