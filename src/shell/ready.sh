# Takes the host's lock for the session and makes the op's folder.
[ "$(id -u)" = 0 ] || { echo 'not root' >&2; exit 77; }
umask 077
lock=/var/lib/fleet/lock
fleet_folder || {
  echo '/var/lib/fleet is not a folder that only root can write to; find out who made it, and remove it' >&2
  exit 73
}
chmod 700 /var/lib/fleet || exit 73
mine="$(fleet_boot) $PPID $(fleet_start "$PPID")"
if command -v flock >/dev/null 2>&1 && { true >&9; } 2>/dev/null; then
  take() { flock -n 9; }
else
  # Without flock: a link that works once, to a file that names the session's shell and is whole already. One whose shell
  # is gone is taken away, by one session at a time: a second would take away what was made since.
  take() {
    echo "$mine" >"$lock.$$" || return 1
    ln "$lock.$$" "$lock.by" 2>/dev/null
    taken=$?
    rm -f "$lock.$$"
    [ $taken != 0 ] && [ "$(cat "$lock.by" 2>/dev/null)" != "$mine" ] || return 0
    if mkdir "$lock.gone" 2>/dev/null; then
      held=$(cat "$lock.by" 2>/dev/null)
      pid=${held#* } pid=${pid%% *}
      [ "$held" = "$(fleet_boot) $pid $(fleet_start "$pid")" ] || rm -f "$lock.by"
      rmdir "$lock.gone"
    fi
    return 1
  }
fi
# A session that ends takes a moment to let go.
tries=0
until take; do
  if [ $tries = 3 ]; then
    echo "locked by $(cat "$lock.who" 2>/dev/null)" >&2
    exit 75
  fi
  tries=$((tries + 1))
  sleep 1
done
printf '%s since %s\n' "$who" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$lock.who"
mkdir -p "/var/lib/fleet/$op" && echo "$mine" >"/var/lib/fleet/$op/session" || exit 73
