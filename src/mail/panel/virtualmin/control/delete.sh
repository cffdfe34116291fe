# Kept in $dir: `kind`, `user` (what Virtualmin shows), `passwd`, `paths`, `mail.tar` (home and spool).
needs_dir
begins
if [ "$ours" = yes ]; then
  user=$(entry "$login")
  [ -n "$user" ] || failed 'it is not a Unix user'
  if [ -e "$home" ] && ! own_home; then failed "its home $home is not its own"; fi
  printf '%s\n' "$found" >"$dir/user"
  printf '%s\n' "$user" | awk -F: -v OFS=: '{ $2 = "x"; print }' >"$dir/passwd"
  unix_kept
  echo virtualmin >"$dir/kind"
  [ -s "$dir/user" ] && [ -s "$dir/passwd" ] && [ -s "$dir/kind" ] || failed "$dir cannot be written"
  case "$found" in *'|'*) note 'programs that its mail is piped to, such as an autoresponder, are not restored' ;; esac
  unix_keep
  unix_name=$login
  said=$(as_user delete-user)
  cut_sessions "$unix_name"
  find_user
  [ "$ours" = no ] && [ -z "$(entry "$unix_name")" ] || failed "$(why "$said")"
  while IFS= read -r path; do
    [ ! -e "$path" ] || note "it still exists: $path"
  done <"$dir/paths"
  row changed
fi
