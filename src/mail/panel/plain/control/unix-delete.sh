# Kept in $dir: `kind`, `passwd` (the user's line), `group` (that of its first group), `groups` (the names of all),
# `tables` (lines of the mail server's tables with its name), `mail.tar` (home, spool, crontab).

# own_home: whether the home is this user's and nobody else's; what is removed below is all of it.
own_home() {
  case "$home" in /*/*) ;; *) return 1 ;; esac
  case "$home/" in */../* | */./* | *//*) return 1 ;; esac
  [ ! -h "$home" ] && [ -n "$(find "$home" -maxdepth 0 -type d -user "$login" 2>/dev/null)" ] || return 1
  ! { getent passwd 2>/dev/null || cat /etc/passwd; } | awk -F: -v name="$login" -v home="$home/" '
    $1 != name && index($6 "/", home) == 1 { found = 1 }
    END { exit !found }'
}
# tables: the lines that lead to the user. They stay: who they were is then known, and a restored user has them.
tables() {
  for table in /etc/aliases /etc/mail/aliases /etc/mail/virtusertable $(
    postconf -h alias_maps virtual_alias_maps 2>/dev/null | tr ', ' '\n\n' |
      sed -n 's/^\(proxy:\)\{0,1\}\(hash\|btree\|lmdb\|cdb\|dbm\|texthash\):\(\/.*\)$/\3/p'
  ); do
    [ ! -f "$table" ] || awk -v name="$login" -v table="$table" '
      /^[ \t]*#/ { next }
      { n = split($0, word, /[, \t:"\\]+/); for (i = 1; i <= n; i++) if (word[i] == name) { print table ": " $0; next } }' "$table"
  done | sort -u
}
# unix_kept: the paths of what is kept, one a line.
# Those of an earlier try stay.
unix_kept() {
  {
    cat "$dir/paths" 2>/dev/null
    unix_paths
  } | sort -u >"$dir/paths.part" && mv "$dir/paths.part" "$dir/paths"
}
unix_paths() {
  for path in "$home" "/var/mail/$login" "/var/spool/mail/$login" "/var/spool/cron/$login" "/var/spool/cron/crontabs/$login"; do
    # One spool may be a link to the other.
    [ ! -e "$path" ] || [ -h "$path" ] || printf '%s/%s\n' "$(cd "${path%/*}" && pwd -P)" "${path##*/}"
  done
}
# unix_keep: keeps what $dir/paths names, or it is the end.
unix_keep() {
  set --
  while IFS= read -r path; do [ ! -e "$path" ] || set -- "$@" ".$path"; done <"$dir/paths"
  cut_sessions "$login"
  [ $# -gt 0 ] || return 0
  lacks=$(keep / "$@")
  [ -z "$lacks" ] || failed "$lacks"
}
unix_delete() {
  awk -F: -v name="$login" '
    $1 == name { found = 1 }
    END { exit !found }' /etc/passwd || failed 'it is a user shared with other hosts'
  home=$(part_of "$user" 6)
  if [ -e "$home" ] && ! own_home; then failed "its home $home is not its own"; fi
  printf '%s\n' "$user" | awk -F: -v OFS=: '{ $2 = "x"; print }' >"$dir/passwd"
  getent group "$(part_of "$user" 4)" | awk -F: -v OFS=: '{ print $1, "x", $3 }' >"$dir/group"
  id -Gn "$login" | tr ' ' '\n' >"$dir/groups"
  tables >"$dir/tables"
  unix_kept
  echo unix >"$dir/kind"
  [ -s "$dir/passwd" ] && [ -s "$dir/kind" ] || failed "$dir cannot be written"
  unix_keep
  # Its files last: they go when nobody owns them any more. A client that came back meanwhile would keep the user.
  cut_sessions "$login"
  said=$(userdel "$login" 2>&1)
  forget "$login"
  [ -z "$(entry "$login")" ] || failed "$(why "$said")"
  set --
  while IFS= read -r path; do [ ! -e "$path" ] || set -- "$@" ".$path"; done <"$dir/paths"
  if [ $# -gt 0 ]; then
    lacks=$(keep_late / "$@")
    [ -z "$lacks" ] || failed "the user was removed, but its files still exist: $lacks"
  fi
  while IFS= read -r path; do
    rm -rf "$path"
    [ ! -e "$path" ] || note "it still exists: $path"
  done <"$dir/paths"
  [ ! -s "$dir/tables" ] || note "$(awk 'END { print NR }' "$dir/tables") lines of the mail server's tables still lead to it"
  row changed
}
unix_restore() {
  user=$(head -n 1 "$dir/passwd")
  home=$(part_of "$user" 6)
  group=$(cut -d: -f1 "$dir/group")
  gid=$(part_of "$user" 4)
  if [ -z "$(entry "$login")" ]; then
    while IFS= read -r path; do [ ! -e "$path" ] || failed "$path already exists"; done <"$dir/paths"
    : >"$dir/restoring"
    if [ -n "$group" ] && ! getent group "$gid" >/dev/null; then groupadd -g "$gid" "$group" 2>/dev/null; fi
    others=$(awk -v first="$group" '$1 != first' "$dir/groups" | while IFS= read -r name; do
      if getent group "$name" >/dev/null; then printf '%s\n' "$name"; fi
    done | tr '\n' ',' | sed 's/,$//')
    said=$(useradd -M -u "$(part_of "$user" 3)" -g "$gid" ${others:+-G "$others"} -c "$(part_of "$user" 5)" -d "$home" \
      -s "$(part_of "$user" 7)" "$login" 2>&1)
    [ -n "$(entry "$login")" ] || failed "$(why "$said")"
  elif [ ! -e "$dir/restoring" ]; then
    failed 'a user with that name exists'
  fi
  put=$(unkeep /)
  [ -z "$put" ] || failed "$put"
  give_password
  case "$(its_hash)" in '' | '!'* | '*'*) failed "$(why "$said")" ;; esac
  rm -f "$dir/restoring"
  accepted "$login"
}
