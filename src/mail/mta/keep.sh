# What the scripts share that change a queue. Before it stand $shape, an extended regular expression of an id, $queues,
# the folders of the queue in the order in which they are looked at, and `cd` to $spool, the folder that they are in.
# Of a message nothing but id, path and size is used, and these are checked before they go anywhere.
tab=$(printf '\t')
umask 077
given=$(cat)
ids=$(printf '%s\n' "$given" | grep -E "$shape" | sort -u)
before='' after='' kept='' why='' notes=''

# ours: of paths, ID<TAB>FOLDER<TAB>PATH of the files of the messages $ids.
ours() {
  { printf '%s\n' "$ids" && grep -E '^[a-z]+/([0-9A-Za-z]+/)*[0-9A-Za-z]+$'; } |
    awk -F/ 'NF == 1 { want[$1]; next } $NF in want { print $NF "\t" $1 "\t" $0 }'
}

# found: the same of what is in the queue.
found() {
  # shellcheck disable=SC2086
  find $queues -type f 2>/dev/null | ours
}

# judge RULES: a row for each id. RULES is the body of an awk function that returns the word and why, from the second
# fields of the lines of $before, $after and $kept. Before them stand the $notes.
judge() {
  [ -z "$notes" ] || printf '%s\n' "$notes" | sed "s/^/note$tab/"
  printf '%s\n' "$given" | grep -Ev "$shape" | sed -n "s/..*/row$tab&${tab}failed${tab}no queue id/p"
  {
    printf '%s\n' "$before" | sed "s/^/b$tab/"
    printf '%s\n' "$after" | sed "s/^/a$tab/"
    printf '%s\n' "$kept" | sed "s/^/k$tab/"
    printf '%s\n' "$ids" | sed "s/^/i$tab/"
  } | why="$why" awk -F"$tab" "function end(was, is, kept) { $1 }"'
    BEGIN { why = ENVIRON["why"] }
    $2 == "" { next }
    $1 == "b" { was[$2] = $3; next }
    $1 == "a" { is[$2] = $3; next }
    $1 == "k" { kept[$2] = $3; next }
    { print "row\t" $2 "\t" end(was[$2], is[$2], kept[$2]) }'
  echo end
}

# room FROM TO: whether TO has twice the space that the files $paths take in FROM.
room() {
  need=$(cd "$1" && printf '%s\n' "$paths" | xargs ls -ln 2>/dev/null | awk '{ kb += int(($5 + 4095) / 4096) * 8 } END { print kb }')
  free=$(df -Pk "$2" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$need" ] 2>/dev/null && return
  why="too little space: $need KiB are needed and ${free:-an unknown number} free"
  return 1
}

# sums: ID SIZE CKSUM PATH of the files $paths.
sums() {
  printf '%s\n' "$paths" | xargs cksum 2>/dev/null | awk '{ n = split($3, p, "/"); print p[n], $2, $1, $3 }' | sort
}

# carry FROM TO [OPTION]: copies the files $paths with owner and times. Prints the first complaint of tar; that a time is
# in the future is none.
carry() {
  { (cd "$1" && printf '%s\n' "$paths" | tar -cf - -T -) | (cd "$2" && tar "-xp${3}f" -); } 2>&1 |
    awk '!/ in the future$/ && !said++'
}

# keep: copies the files $paths to $dir/queue and reads the copy back.
keep() {
  room . "$dir" || return 1
  mkdir "$dir/queue" 2>/dev/null || { why="$dir/queue cannot be made"; return 1; }
  said=$(carry . "$dir/queue")
  list=$(sums)
  if [ "$list" != "$(cd "$dir/queue" && sums)" ] ||
    [ "$(printf '%s\n' "$list" | cut -d ' ' -f 4 | sort)" != "$(printf '%s\n' "$paths" | sort)" ]; then
    why="the copy differs, nothing was deleted${said:+: $said}"
    return 1
  fi
  # A sync that does not know the option brings everything to disk.
  { printf '%s\n' "$list" >"$dir/queue/list" && { sync -f "$dir/queue" 2>/dev/null || sync; }; } && return
  why='the list of the copy could not be written'
  return 1
}

# wanted: sets $kept, what `ours` prints of the list, and $paths, the files of messages that are not in $before. What was
# brought back once is added to $before: it is not brought back again under another id.
wanted() {
  before=$(printf '%s\n' "$before"; sed "s/$tab/${tab}restored as /" "$dir/queue/restored" 2>/dev/null)
  kept=$(cut -d ' ' -f 4 "$dir/queue/list" 2>/dev/null | ours)
  paths=$({ printf '%s\n' "$before" | sed "s/^/b$tab/"; printf '%s\n' "$kept"; } |
    awk -F"$tab" '$1 == "b" { was[$2]; next } NF == 3 && !($1 in was) { print $3 }')
  [ -n "$paths" ]
}

# bring: copies the files $paths from $dir/queue to here, over nothing. Of a message of which a file is not as it was, all
# that came is taken away again.
bring() {
  room "$dir/queue" . || return 1
  why=$(carry "$dir/queue" . k)
  odd=$({ sums | sed 's/^/now /'; sed 's/^/was /' "$dir/queue/list"; printf '%s\n' "$paths"; } | awk '
    $1 == "now" { now[$2, $3, $4, $5]; next }
    $1 == "was" { if (($2, $3, $4, $5) in now) good[$5]; next }
    { n = split($1, p, "/"); id[$1] = p[n]; if (!($1 in good)) bad[p[n]] }
    END { for (path in id) if (id[path] in bad) print path }')
  [ -z "$odd" ] || printf '%s\n' "$odd" | xargs rm -f
}

[ "$(id -u)" = 0 ] || { why='not root'; judge 'return "failed\t" why'; exit 0; }
