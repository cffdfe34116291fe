# Virtualmin makes a user with a password only as an argument; so it is made with one that fits nothing, and gets the
# new one as any other.
if [ "$(head -n 1 "$dir/kind" 2>/dev/null)" = virtualmin ]; then
  needs_secret
  needs_dir
  find_user
  [ -n "$ours" ] || failed "virtualmin list-users: $refused"
  if [ "$ours" = no ]; then
    found=$(cat "$dir/user")
    short=$(value User)
    domain=$(value Domain)
    home=$(value 'Home directory')
    : >"$dir/restoring" || failed "$dir cannot be written"
    set -- --encpass '*' --real "$(value 'Real name')" --home "$home" --shell "$(cut -d: -f7 "$dir/passwd")" --no-creation-mail
    [ -n "$(value 'Email address')" ] || set -- "$@" --noemail
    for extra in $(value 'Extra addresses'); do set -- "$@" --extra "$extra"; done
    said=$(as_user create-user "$@")
    find_user
    [ "$ours" = yes ] || failed "$(why "$said")"
  elif [ ! -e "$dir/restoring" ]; then
    failed 'a user with that name exists'
  fi
  user=$(entry "$login")
  if [ -h "$home" ] || [ -n "$(find "$home" -type l 2>/dev/null | head -n 1)" ]; then failed "$home contains a link"; fi
  put=$(unkeep /)
  [ -z "$put" ] || failed "$put"
  # It may have another user id than it had.
  was=$(cut -d: -f3 "$dir/passwd")
  if [ "$was" != "$(part_of "$user" 3)" ]; then
    while IFS= read -r path; do find "$path" -user "$was" -exec chown -h "$login:" {} \; ; done <"$dir/paths"
  fi
  found=$(cat "$dir/user")
  own=no
  forwards=
  for to in $(values 'Forward mail to' | grep -v '[|" ]'); do
    case "$to" in \\*) own=yes ;; *) forwards="$forwards --add-forward $to" ;; esac
  done
  if [ -n "$forwards" ]; then
    [ $own = yes ] || forwards="$forwards --no-local"
    said=$(as_user modify-user $forwards)
    case "$said" in *successfully*) ;; *) note "its forwards: $(why "$said")" ;; esac
  fi
  find_user
  new_password
  case "$(its_hash)" in '' | '!'* | '*'*) failed "$(why "$said")" ;; esac
  rm -f "$dir/restoring"
  accepted "$login"
fi
