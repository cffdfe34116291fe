# users: the lines of /etc/passwd that stand for people.
first=$(awk '$1 == "UID_MIN" { print $2; exit }' /etc/login.defs 2>/dev/null)
case "$first" in '' | *[!0-9]*) first=1000 ;; esac
users() {
  { getent passwd 2>/dev/null || cat /etc/passwd; } | awk -F: -v first="$first" '
    $3 + 0 >= first + 0 && $3 != 65534 && $3 != 4294967294'
}
