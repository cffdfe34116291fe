# What the acts of an op left: one line for each, in order. From here on no further act of it begins.
umask 077
dir=/var/lib/fleet/$op
fleet_folder || {
  echo '/var/lib/fleet is not a folder that only root can write to; find out who made it, and remove it' >&2
  exit 73
}
mkdir -p "$dir" || exit 73
# The session that was to do it may still wait for what a controller that is gone would send, and would keep the lock. What
# it has begun goes on, and keeps the lock until it ends.
if read -r boot pid start 2>/dev/null <"$dir/session" && [ "$boot" = "$(fleet_boot)" ] &&
  [ -n "$start" ] && [ "$start" = "$(fleet_start "$pid")" ] && [ "$pid" != "$PPID" ]; then
  kill -KILL "$pid"
fi
n=0
while :; do
  act=$dir/$n
  mkdir -p "$act" && rm -f "$act/by.$$" && echo settled >"$act/by.$$" || exit 74
  # Only one link of that name can be made: here, or by the act.
  if ln "$act/by.$$" "$act/begun" 2>/dev/null || [ "$(cat "$act/begun")" = settled ]; then break; fi
  [ -f "$act/begun" ] || exit 74
  what=broken status=''
  # One that is empty was lost with the host's power.
  if [ -s "$act/done" ]; then
    what=done status=$(head -n 1 "$act/done")
  else
    read -r boot pid start <"$act/begun"
    if [ "$boot" = "$(fleet_boot)" ] && [ -n "$start" ] && [ "$start" = "$(fleet_start "$pid")" ]; then
      # It may have ended between the two looks.
      what=running
    elif [ -s "$act/done" ]; then
      what=done status=$(head -n 1 "$act/done")
    fi
  fi
  printf 'act\t%s\t%s\t%s\n' "$n" "$what" "$status"
  n=$((n + 1))
done
echo end
