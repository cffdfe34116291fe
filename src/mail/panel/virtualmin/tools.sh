# How Virtualmin is asked: by its command, or by the program that stands behind it.
root=$(sed -n 's/^root=//p' /etc/webmin/miniserv.conf 2>/dev/null | head -n 1)
ask() {
  if command -v virtualmin >/dev/null 2>&1; then
    virtualmin "$@"
  elif [ -f "$root/virtual-server/$1.pl" ]; then
    tool=$root/virtual-server/$1.pl
    shift
    perl "$tool" "$@"
  else
    echo 'no virtualmin command was found' >&2
    return 1
  fi
}
# listing COMMAND..: its answer and end=RC; of its complaints the first lines.
listing() {
  { { ask "$@"; echo "end=$?"; } 2>&1 >&3 3>&- | awk 'NR <= 20 && !/[Pp][Aa][Ss][Ss][Ww]/' >&2; } 3>&1
}
