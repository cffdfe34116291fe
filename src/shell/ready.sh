# Takes the host's lock for the session and makes the op's folder.
[ "$(id -u)" = 0 ] || { echo 'not root' >&2; exit 77; }
umask 077
lock=/var/lib/fleet/lock
mkdir -p /var/lib/fleet && chmod 700 /var/lib/fleet || exit 73
holder() { cat "$lock/who" 2>/dev/null || cat "$lock.who" 2>/dev/null; }
boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null; }
start() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
mine="$(boot) $PPID $(start "$PPID")"
if command -v flock >/dev/null 2>&1 && { true >&9; } 2>/dev/null; then
  take() { flock -n 9; }
else
  # Without flock: a folder that names the session's shell. One whose shell is gone is nobody's.
  take() {
    if ! mkdir "$lock.d" 2>/dev/null; then
      held=$(cat "$lock.d/shell" 2>/dev/null)
      if [ "$held" != "$mine" ]; then
        pid=${held#* } pid=${pid%% *}
        [ -z "$pid" ] || [ "$held" != "$(boot) $pid $(start "$pid")" ] || return 1
      fi
    fi
    echo "$mine" >"$lock.d/shell"
  }
fi
# A session that ends takes a moment to let go.
tries=0
until take; do
  if [ $tries = 3 ]; then
    echo "locked by $(holder)" >&2
    exit 75
  fi
  tries=$((tries + 1))
  sleep 1
done
printf '%s since %s\n' "$who" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$lock.who"
mkdir -p "/var/lib/fleet/$op" && echo "$mine" >"/var/lib/fleet/$op/session" || exit 73
