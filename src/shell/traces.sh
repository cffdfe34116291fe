# What the acts of an op left: one line for each, in order.
n=0
while [ -d "/var/lib/fleet/$op/$n" ]; do
  act=/var/lib/fleet/$op/$n
  what=broken status=''
  if [ -f "$act/done" ]; then
    what=done status=$(head -n 1 "$act/done")
  elif [ -f "$act/begun" ]; then
    read -r boot pid start <"$act/begun"
    if [ "$boot" = "$(fleet_boot)" ] && [ -n "$start" ] && [ "$start" = "$(fleet_start "$pid")" ]; then what=running; fi
  fi
  printf 'act\t%s\t%s\t%s\n' "$n" "$what" "$status"
  n=$((n + 1))
done
echo end
