# Starts, stops, restarts or reloads a service, as $verb says, and says how that ended.
umask 022
unset TMPDIR
# Into a file: what a daemon keeps open is not waited for.
if [ $way = systemd ]; then
  systemctl "$verb" -- "$name.service" >"$dir/said" 2>&1 </dev/null
else
  told "$verb" >"$dir/said" 2>&1 </dev/null
fi
rc=$?
if [ $rc = 0 ]; then
  # One that cannot live is gone a moment later.
  [ "$verb" = stop ] || sleep 1
  printf 'row\t%s\tchanged\n' "$name"
else
  printf 'row\t%s\tfailed\texit status %s: %s\n' "$name" $rc "$(tr '\t' ' ' <"$dir/said" | grep . | head -n 1 | cut -c 1-200)"
fi
echo end
