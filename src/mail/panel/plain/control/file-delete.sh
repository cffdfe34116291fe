# Kept in $dir: `kind`, `file` and `line` (which line of which file, without its password), `box` (where its mail lies),
# `map` (the lines by which Postfix delivers to it: TYPE:FILE<TAB>LINE), `mail.tar`.

# its_box: the folder of its mail, as Dovecot tells it; nothing where that is not its own.
its_box() {
  told=$(doveadm user "$login" 2>/dev/null)
  box=$(printf '%s\n' "$told" | awk '$1 == "home" { print $2; exit }')
  mail_at=$(printf '%s\n' "$told" | awk '$1 == "mail" { sub(/^[a-z]+:/, "", $2); sub(/:.*/, "", $2); print $2; exit }')
  case "$mail_at" in
  '' | '~'* | %h*) ;;
  *) [ -n "$box" ] && [ "${mail_at#"$box"/}" != "$mail_at" ] || box=${mail_at%/Maildir} ;;
  esac
  case "$box/" in */../* | */./* | *//* | *' '*) return ;; esac
  # Its last part is the account's name, or there could be others in it.
  case "$(lower "${box##*/}")" in "$(lower "$login")" | "$(lower "${login%@*}")") ;; *) return ;; esac
  case "$box" in /*/*) [ ! -h "$box" ] && printf '%s\n' "$box" ;; esac
}
box_maps() {
  postconf -h virtual_mailbox_maps 2>/dev/null | tr ', ' '\n\n' |
    sed -n 's/^\(proxy:\)\{0,1\}\(\(hash\|btree\|lmdb\|cdb\|dbm\|texthash\):\/.*\)$/\2/p'
}
# map_line FILE: the number and text of the account's line, where it is one line.
map_line() { awk -v name="$login" '$1 == name && !/^[ \t]/ { print NR "\t" $0; exit }' "$1"; }
# made MAP: the table that Postfix reads, from its source.
made() { case "$1" in texthash:*) ;; *) postmap "$1" </dev/null ;; esac; }

file_delete() {
  [ -f "$file" ] || failed "$file cannot be read"
  box=$(its_box)
  [ -n "$box" ] || failed 'no mail folder that is its alone can be determined'
  # An earlier try may have taken the lines away.
  touch "$dir/map"
  for map in $(box_maps); do
    at=$(map_line "${map#*:}" 2>/dev/null)
    entry=$map$tab${at#*"$tab"}
    [ -z "$at" ] || grep -qxF -e "$entry" "$dir/map" || printf '%s\n' "$entry" >>"$dir/map"
  done
  printf '%s\n' "$file" >"$dir/file"
  printf '%s\n' "$box" >"$dir/box"
  line | with_field '' >"$dir/line"
  echo file >"$dir/kind"
  [ -s "$dir/line" ] && [ -s "$dir/box" ] && [ -s "$dir/kind" ] || failed "$dir cannot be written"
  cut_sessions "$login"
  if [ -d "$box" ]; then
    lacks=$(keep "${box%/*}" "./${box##*/}")
    [ -z "$lacks" ] || failed "$lacks"
  fi
  # First nobody delivers to it and nobody logs in, then its files go.
  while IFS="$tab" read -r map entry; do
    at=$(map_line "${map#*:}")
    [ -n "$at" ] || continue
    replace "${map#*:}" "${at%%"$tab"*}" 1 </dev/null && made "$map" || failed "${map#*:} could not be written"
  done <"$dir/map"
  replace "$file" "$(line_number)" 1 </dev/null
  [ -z "$(line_number)" ] || failed "$file could not be written, and is as it was"
  noticed
  cut_sessions "$login"
  if [ -d "$box" ]; then
    lacks=$(keep_late "${box%/*}" "./${box##*/}")
    [ -z "$lacks" ] || failed "the account was removed, but its mail is still in $box: $lacks"
  fi
  rm -rf "$box"
  [ ! -e "$box" ] || note "it still exists: $box"
  row changed
}
file_restore() {
  needs_secret
  file=$(head -n 1 "$dir/file")
  box=$(head -n 1 "$dir/box")
  [ -f "$file" ] || failed "$file does not exist"
  if [ -n "$(line_number)" ] && [ ! -e "$dir/restoring" ]; then failed 'an account with that name exists'; fi
  [ ! -e "$box" ] || [ -e "$dir/restoring" ] || failed "$box already exists"
  : >"$dir/restoring"
  # Its mail first: what comes then comes into the mailbox that it had.
  if [ -e "$dir/mail.tar" ]; then
    [ ! -h "${box%/*}" ] || failed "${box%/*} is a link"
    [ -d "${box%/*}" ] || failed "${box%/*} does not exist"
  fi
  put=$(unkeep "${box%/*}")
  [ -z "$put" ] || failed "$put"
  value=$(hashed)
  [ -n "$value" ] || failed 'no tool on this host can create a SHA512-CRYPT hash (doveadm, openssl, perl)'
  if [ -n "$(line_number)" ]; then
    write_field "$value"
  else
    with_field "$value" <"$dir/line" | replace "$file" $(($(wc -l <"$file") + 1)) 0
  fi
  [ "$(part_of "$(line)" 2)" = "$value" ] || failed "$file could not be written, and is as it was"
  while IFS="$tab" read -r map entry; do
    if [ -z "$(map_line "${map#*:}")" ]; then
      printf '%s\n' "$entry" | replace "${map#*:}" $(($(wc -l <"${map#*:}") + 1)) 0 && made "$map" ||
        failed "${map#*:} could not be written"
    fi
  done <"$dir/map"
  rm -f "$dir/restoring"
  accepted "$login"
}
