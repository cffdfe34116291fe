# Whether a service runs: `state<TAB>started|stopped|none|masked|unknown<TAB>DETAIL`, then `end`.
state() { printf 'state\t%s\t%s\nend\n' "$1" "$2"; exit 0; }
if [ $way = systemd ]; then
  for attempt in 1 2 3 4 5; do
    shown=$(systemctl show -p LoadState -p ActiveState -p SubState -- "$name.service" 2>/dev/null </dev/null) || exit 1
    load=$(printf '%s\n' "$shown" | sed -n 's/^LoadState=//p')
    active=$(printf '%s\n' "$shown" | sed -n 's/^ActiveState=//p')
    sub=$(printf '%s\n' "$shown" | sed -n 's/^SubState=//p')
    case $active in activating | deactivating) [ $attempt = 5 ] || sleep 1 ;; *) break ;; esac
  done
  # A unit whose file is gone may run on.
  case $active in active | reloading) state started "$active ($sub)" ;; esac
  case $load in
  not-found) state none '' ;;
  masked) state masked '' ;;
  esac
  case $active in
  inactive | failed) state stopped "$active ($sub)" ;;
  *) state unknown "$active ($sub)" ;;
  esac
fi
if [ ! -x "/etc/init.d/$name" ]; then
  [ $way = service ] && [ -f "/etc/init/$name.conf" ] || state none ''
fi
said=$(told status 2>&1 </dev/null)
rc=$?
# Upstart ends with 0 whatever it says.
case $said in
*stop/waiting*) state stopped 'stop/waiting' ;;
*start/running*) state started 'start/running' ;;
*[Uu]sage:*) state unknown 'its script does not tell' ;;
esac
case $rc in
0) state started '' ;;
1 | 2 | 3) state stopped "status $rc" ;;
*) state unknown "status $rc" ;;
esac
