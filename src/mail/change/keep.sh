# Keeps files in $dir/queue before they are deleted, and brings them back from there. Names are absolute and without
# blanks; the copy of /var/x is $dir/queue/var/x, and $dir/queue/list has for each, in the form of cksum, its sum.

# sums FOLDER NAMES: of the files below the folder.
sums() { (cd "$1" && printf '%s\n' "$2" | sed 's/^[/]//' | xargs -n 1000 cksum); }

# copy FROM TO NAMES: with owner, mode and time.
copy() {
  (cd "$1" && printf '%s\n' "$3" | sed 's/^[/]//' | tar -cf - -T -) | (cd "$2" && tar -xpf -)
}

# room FOLDER SUMS: says why not, where less is free than twice the files' size. Small files take whole blocks.
room() {
  need=$(printf '%s\n' "$2" | awk '{ kb += int(($2 + 4095) / 4096) * 4 } END { printf "%.0f", kb * 2 }')
  free=$(df -Pk "$1" 2>/dev/null | awk 'END { printf "%.0f", $4 }')
  [ "${free:-0}" -ge "$need" ] || { echo "$need KB are needed, twice the size, and ${free:-0} are free"; return 1; }
}

# keep NAMES: says why when it does not keep them, and leaves nothing then.
keep() {
  kept=$(sums / "$1" 2>/dev/null) || { echo 'there is no backup: a file of the queue cannot be read'; return 1; }
  full=$(room "$dir" "$kept") || { echo "there is no backup: $full"; return 1; }
  (umask 077 && mkdir "$dir/queue") 2>/dev/null || { echo 'there is no backup: its folder cannot be made'; return 1; }
  copy / "$dir/queue" "$1" >/dev/null 2>&1
  printf '%s\n' "$kept" >"$dir/queue/list"
  # An old sync knows no option.
  sync -f "$dir/queue" 2>/dev/null || sync
  if [ "$(sums "$dir/queue" "$1" 2>/dev/null)" != "$kept" ] || [ "$(cat "$dir/queue/list")" != "$kept" ]; then
    rm -rf "$dir/queue"
    echo 'there is no backup: the copy differs'
    return 1
  fi
}

# link NAMES: from this folder to their places. A link overwrites nothing, and a file appears whole.
link() {
  printf '%s\n' "$1" | sed 's/^[/]//' | awk '
    { to = $0; sub(/[^\/]*$/, "", to) }
    to != last || n >= 200 { printf "%s/%s", (NR > 1 ? "\n" : ""), to; last = to; n = 0 }
    { printf " %s", $0; n++ }
    END { print "" }' |
    while read -r to names; do
      # shellcheck disable=SC2086
      ln $names "$to" 2>/dev/null
    done
}

# bring FOLDER LAST: of $wanted, lines `ID NAME`, the files below the folder, by way of a folder in it. A message of
# which one copy is not as it was kept stays out; files that match LAST come last: without them there is no message.
bring() {
  some=$(printf '%s\n' "$wanted" | awk -v folder="$1/" 'index($2, folder) == 1')
  [ -n "$some" ] || return
  names=$(printf '%s\n' "$some" | sed 's/^.* //')
  sums=$(awk -v folder="${1#/}/" 'index($3, folder) == 1' "$dir/queue/list")
  full=$(room "$1" "$sums") || { printf 'note\t%s: %s\n' "$1" "$full"; return; }
  stage=$1/fleet.$$
  (umask 077 && mkdir "$stage") || return
  trap 'rm -rf "$stage"' 0
  trap 'exit 1' 1 2 15
  copy "$dir/queue" "$stage" "$names" >/dev/null 2>&1
  names=$({ cat "$dir/queue/list"; echo; printf '%s\n' "$some"; echo; sums "$stage" "$names" 2>/dev/null; } | awk '
    !NF { part++; next }
    !part { list[$0]; next }
    part == 1 { id[++n] = $1; name[n] = $2; next }
    $0 in list { sound["/" $3] }
    END {
      for (i = 1; i <= n; i++) if (!(name[i] in sound)) bad[id[i]]
      for (i = 1; i <= n; i++) if (!(id[i] in bad)) print name[i]
    }')
  (
    cd "$stage" || exit
    link "$(printf '%s\n' "$names" | grep -v -e "$2")"
    link "$(printf '%s\n' "$names" | grep -e "$2")"
  )
  rm -rf "$stage"
  trap - 0 1 2 15
}

# restore LAST FOLDERS: brings back what was asked for; the ids of $there are in the queue, and are left alone. `own`
# puts the id before those names of its input that are files of a message.
restore() {
  [ -f "$dir/queue/list" ] || refuse 'there is no copy'
  kept=$(sed 's,^[0-9]* [0-9]* ,/,' "$dir/queue/list" | own)
  wanted=$({ all asked "$asked"; all there "$there"; all kept "$kept"; } | awk '
    $1 == "asked" { asked[$2] }
    $1 == "there" { delete asked[$2] }
    $1 == "kept" && $2 in asked { print $2 " " $3 }')
  [ -z "$wanted" ] || printf '%s\n' "$2" | while IFS= read -r folder; do bring "$folder" "$1"; done
  names=$(printf '%s\n' "$wanted" | sed 's/^.* //')
  { all asked "$asked"; all there "$there"; all kept "$kept"; all list "$(cat "$dir/queue/list")"
    all now "$(sums / "$names" 2>/dev/null)"; } | awk '
    $2 == "" { next }
    $1 == "asked" { ids[++n] = $2 }
    $1 == "there" { there[$2] }
    $1 == "kept" { id[$3] = $2 }
    $1 == "list" { list[$2 " " $3 " " $4] }
    $1 == "now" && ($2 " " $3 " " $4) in list { back["/" $4] }
    END {
      for (name in id) {
        known[id[name]]
        if (!(name in back)) bad[id[name]]
      }
      for (i = 1; i <= n; i++) {
        key = ids[i]
        why = ""
        if (key in there) why = "there is a message of that id"
        else if (!(key in known)) why = "there is no copy of it"
        else if (key in bad) why = "its copy is damaged, or cannot be put back"
        print "row\t" key "\t" (why == "" ? "restored\t" key : "failed\t" why)
      }
    }'
}
