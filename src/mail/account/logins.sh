# When users last logged in, where Dovecot's last_login plugin keeps it in one file: login<TAB>NAME<TAB>SECONDS,
# or unknown<TAB>REASON. The place of another kind of store may hold its password, so only its kind is named.
unknown() { printf 'unknown\t%s\n' "$1"; }
dict=$(doveconf -n 2>/dev/null | awk '$1 == "last_login_dict" { print $3; exit }')
case "$dict" in
file:*%*) unknown "last logins in $dict are not read" ;;
file:/*)
  if [ -r "${dict#file:}" ]; then
    awk 'NR % 2 { key = $0; next }
      key ~ /last-login\// && /^[0-9]+$/ { sub(/.*\//, "", key); print "login\t" key "\t" $0 }' "${dict#file:}"
  else
    unknown "last logins: ${dict#file:} cannot be read"
  fi
  ;;
?*) unknown "last logins in ${dict%%:*} are not read" ;;
esac
