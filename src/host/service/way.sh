# How services of this host are told what to do: $way systemd, service or init.
if [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then way=systemd
elif command -v service >/dev/null 2>&1; then way=service
else way=init
fi
# told COMMAND: the service's script, without what this shell has in its environment.
told() {
  case $way in
  service) service "$name" "$1" ;;
  init) env -i LC_ALL=C "PATH=$PATH" "/etc/init.d/$name" "$1" ;;
  esac
}
