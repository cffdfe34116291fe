# What the scripts share that change a queue: ids as lines of input, the answer that mail/change/mod.rs reads, and a copy
# of what is deleted. A mail server's own piece, behind this one, calls `ask` and goes to the folder that its queue is
# in; the names of files are relative to that and have no blanks. It defines
#   found     `ID NAME` of the files of the messages that were asked for
#   place     for `restore`: brings the $files from $stage into the queue and prints `OLD NEW`, the ids of what came
# Of a message nothing but id, name, size and sum is used, and id and name are checked before they go anywhere.
asked='' there='' before='' after='' busy='' differ='' files='' notes='' why=''

# all WORD TEXT: the word before each line of the text.
all() { printf '%s\n' "$2" | sed "s/^/$1 /"; }

finish() {
  [ -z "$notes" ] || printf '%s\n' "$notes" | awk '{ print "note\t" $0 }'
  echo end
  exit 0
}

# refuse WHY: nothing was done.
refuse() {
  printf '%s\n' "$asked" | awk -v why="$1" '{ print "row\t" $0 "\tfailed\t" why }'
  finish
}

# ask SHAPE: sets $asked, the ids of the input, each once. What is no id goes nowhere but into the answer, and what could
# be anything else there than a word is only counted.
ask() {
  given=$(cat)
  asked=$(printf '%s\n' "$given" | grep -Ex -e "$1" | sort -u)
  printf '%s\n' "$given" | grep -Evx -e "$1" | awk '
    $0 == "" || seen[$0]++ { next }
    /^[!-~]+$/ && length($0) <= 100 { print "row\t" $0 "\tfailed\tit is not a queue ID"; next }
    { odd++ }
    END { if (odd) print "note\tinput lines that are not queue IDs: " odd }'
  [ -n "$asked" ] || finish
  [ "$(id -u)" = 0 ] || refuse 'not root: the queue cannot be changed'
}

# enter FOLDER QUEUE: goes to the folder, where the queue is. One that cannot be seen is not an empty one.
enter() {
  if ! cd "$1" 2>/dev/null || ! ls "$2" >/dev/null 2>&1; then refuse 'the queue cannot be read'; fi
}

# mine: of lines `ID ..` those of the ids that were asked for.
mine() { { all asked "$asked"; sed 's/^/line /'; } | awk '$1 == "asked" { asked[$2]; next } $2 in asked { print substr($0, 6) }'; }

# judge WORD WHY: the row of each id by the queue alone: $before has `ID held`, or another word than that, of those that
# were there, $after the same later. $busy has the ids of those that are, or were, being delivered, $differ is `keep`'s.
judge() {
  { all asked "$asked"; all before "$before"; all after "$after"; all busy "$busy"; all differ "$differ"; } | other="$2" awk -v word="$1" '
    $2 == "" { next }
    $1 == "asked" { ids[++n] = $2 }
    $1 == "before" { before[$2] = $3 }
    $1 == "after" { after[$2] = $3 }
    $1 == "busy" { busy[$2] }
    $1 == "differ" { differ[$2] }
    END {
      for (i = 1; i <= n; i++) {
        id = ids[i]; was = before[id]; is = after[id]; end = word; why = ""
        if (was == "" && is == "") end = "gone"
        else if (word == "deleted" && was != "held") {
          end = "failed"; why = "it is " (was == "pieces" ? "still being written" : "not held")
        } else if (is == "") {
          if (word == "released" && was == "held") why = "it is no longer in the queue"
          else if (word != "deleted" || id in differ) { end = "gone"; why = "it left the queue meanwhile" }
        } else if (word == "deleted" || (word == "held") != (is == "held")) {
          end = "failed"
          why = id in differ ? "its copy differs" : id in busy ? "it is being delivered" : ENVIRON["other"]
        } else if (word == "held") why = was == "held" ? "it was already held" : id in busy ? "it was being delivered" : ""
        print "row\t" id "\t" end (why == "" ? "" : "\t" why)
      }
    }'
}

names() { printf '%s\n' "$files" | sed 's/^[^ ]* //'; }

# room FROM TO: whether TO has twice the space that the $files take in FROM.
room() {
  need=$(cd "$1" && names | xargs ls -ln 2>/dev/null | awk '{ kb += int(($5 + 4095) / 4096) * 8 } END { printf "%.0f", kb }')
  free=$(df -Pk "$2" 2>/dev/null | awk 'END { print $4 }')
  [ "$free" -ge "$need" ] 2>/dev/null && return
  why="too little space: $need KiB are needed, twice the size, and ${free:-an unknown number} free"
  return 1
}

# sums FOLDER: `ID SUM SIZE NAME` of the $files there, the sum as cksum makes it.
sums() {
  { all file "$files"; (cd "$1" && names | xargs cksum 2>/dev/null); } |
    awk '$1 == "file" { id[$3] = $2; next } { print id[$3], $0 }'
}

# carry FROM TO: copies the $files with owner, mode and time. Prints the first complaint of tar; that a time is in the
# future is none.
carry() {
  { (cd "$1" && names | tar -cf - -T -) | (cd "$2" && tar -xpf -); } 2>&1 | awk '!/ in the future$/ && !said++'
}

# sound LIST LIST: of the $files those of messages of which every file is in both lists, as `sums` makes them.
sound() {
  { all one "$1"; all other "$2"; all file "$files"; } | awk '
    { line = $0; sub(/^[a-z]+ /, "", line) }
    $1 == "one" { one[line] }
    $1 == "other" && line in one { same[$5] }
    $1 == "file" { id[++n] = $2; name[n] = $3; if (!($3 in same)) bad[$2] }
    END { for (i = 1; i <= n; i++) if (!(id[i] in bad)) print id[i], name[i] }'
}

# keep: copies the $files to $dir/queue, with the list of their sums, and reads the copy back. $files are those of the
# messages that it keeps then, $differ those of the others: a delivery may have gone on in a file while it was copied.
# Leaves nothing there, and says in $why why, when it keeps none.
keep() {
  room . "$dir" || return 1
  mkdir -m 700 "$dir/queue" 2>/dev/null || { why="there is a copy in $dir/queue already, or it cannot be created"; return 1; }
  said=$(carry . "$dir/queue")
  copy=$(sums "$dir/queue")
  kept=$(sound "$copy" "$(sums .)")
  differ=$({ all kept "$kept"; printf '%s\n' "$files"; } | awk '$1 == "kept" { kept[$2]; next } !($1 in kept)')
  files=$differ
  [ -z "$files" ] || (cd "$dir/queue" && names | xargs rm -f)
  files=$kept
  list=$({ all kept "$kept"; all copy "$copy"; } | awk '$1 == "kept" { kept[$2]; next } $2 in kept { print substr($0, 6) }')
  printf '%s\n' "$list" >"$dir/queue/list"
  # A sync that does not know the option brings everything to disk.
  sync -f "$dir/queue" 2>/dev/null || sync
  if [ -n "$files" ] && [ "$(cat "$dir/queue/list")" = "$list" ]; then return; fi
  rm -rf "$dir/queue"
  differ=''
  why="the copy differs, nothing was deleted${said:+: $said}"
  return 1
}

# ids: those of the $files
ids() { printf '%s\n' "$files" | sed 's/ .*//' | sort -u; }

# restore FOLDER..: brings back what was asked for and $dir/queue keeps, by way of each of these folders. The ids of $there
# are in the queue and left alone, and what came back once does not come again: $dir/queue/restored has `OLD NEW` of it.
restore() {
  was=$(cat "$dir/queue/restored" 2>/dev/null)
  list=$({ mine <"$dir/queue/list"; } 2>/dev/null)
  wanted=$({ all not "$there"; all not "$was"; all list "$list"; } |
    awk '$1 == "not" { not[$2] } $1 == "list" && !($2 in not) { print $2, $5 }')
  for folder do bring "$folder"; done
  { all asked "$asked"; all there "$there"; all was "$was"; all list "$list"
    all now "$(cat "$dir/queue/restored" 2>/dev/null)"; } | why="$why" awk '
    $1 == "asked" && $2 != "" { ids[++n] = $2 }
    $1 == "there" { there[$2] }
    $1 == "was" { was[$2] = $3 }
    $1 == "list" { list[$2] }
    $1 == "now" { now[$2] = $3 }
    END {
      for (i = 1; i <= n; i++) {
        id = ids[i]
        # What an earlier try brought back, and could not tell, is told now.
        if (id in was) end = "restored\t" was[id]
        else if (id in now) end = "restored\t" now[id]
        else if (id in there) end = "failed\ta message with that ID exists"
        else if (!(id in list)) end = "failed\tthere is no copy of it"
        else end = "failed\tits copy is corrupt or cannot be restored" (ENVIRON["why"] == "" ? "" : ": " ENVIRON["why"])
        print "row\t" id "\t" end
      }
    }'
  finish
}

# bring FOLDER: of the $wanted, lines `ID NAME`, the files below the folder. A message of which a file is not as it was
# stays out.
bring() {
  files=$(printf '%s\n' "$wanted" | awk -v folder="$1/" 'NF && (folder == "./" || index($2, folder) == 1)')
  if [ -z "$files" ] || ! room "$dir/queue" "$1"; then return; fi
  stage=$1/fleet
  rm -rf "$stage"
  mkdir -m 700 "$stage" || return
  trap 'rm -rf "$stage"' 0
  trap 'exit 1' 1 2 15
  why=$(carry "$dir/queue" "$stage")
  files=$(sound "$list" "$(sums "$stage")")
  [ -z "$files" ] || place >>"$dir/queue/restored"
  rm -rf "$stage"
  trap - 0 1 2 15
}

# under_their_names LAST: for `put`, the $files; LAST is what the names match without which there is no message.
under_their_names() { printf '%s\n' "$files" | awk -v last="$1" '{ print $1, ($2 ~ last) + 0, $1, $2, $2 }'; }

# put: links, of lines `OLD LAST NEW FROM TO`, FROM in $stage to TO here, those that are LAST after the others of the
# message. A link overwrites nothing, and a file appears whole. Of a message of which one cannot come none stays.
put() {
  sort | {
    came='' bad=''
    while read -r old last new from to; do
      [ "$old" != "$bad" ] || continue
      if ! ln "$stage/$from" "$to" 2>/dev/null; then
        # shellcheck disable=SC2086
        [ -z "$came" ] || rm -f $came
        came='' bad=$old
      elif [ "$last" = 1 ]; then
        came=''
        echo "$old $new"
      else
        came="$came $to"
      fi
    done
  }
  # What has more than one name is not looked at by some.
  rm -rf "$stage"
}
