# Takes the host's lock for the session and makes the op's folder.
[ "$(id -u)" = 0 ] || { echo 'not root' >&2; exit 77; }
lock=/var/lib/fleet/lock
mkdir -p /var/lib/fleet && chmod 700 /var/lib/fleet || exit 73
holder() { cat "$lock/who" 2>/dev/null || cat "$lock.who" 2>/dev/null; }
if command -v flock >/dev/null 2>&1 && { true >&9; } 2>/dev/null; then
  flock -n 9 || { echo "locked by $(holder)" >&2; exit 75; }
  printf '%s since %s\n' "$who" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$lock.who"
else
  # Without flock: a folder that names the session's shell. One whose shell is gone is nobody's.
  start() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
  mine="$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) $PPID $(start "$PPID")"
  if ! mkdir "$lock.d" 2>/dev/null; then
    held=$(cat "$lock.d/shell" 2>/dev/null)
    if [ "$held" != "$mine" ]; then
      pid=${held#* } pid=${pid%% *}
      if [ -n "$pid" ] && [ "$held" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) $pid $(start "$pid")" ]; then
        echo "locked by $(holder)" >&2
        exit 75
      fi
    fi
  fi
  echo "$mine" >"$lock.d/shell"
  printf '%s since %s\n' "$who" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$lock.who"
fi
mkdir -p "/var/lib/fleet/$op" || exit 73
