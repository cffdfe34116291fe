# Brings back what $dir/queue keeps; qmail-send delivers it at once, for it cannot hold mail back. A message's number is
# the inode of its file, and its old one may be another message's by now. So the copy comes to a folder beside the queue
# first, and each message moves into the queue under the number that it has there.
stage=$spool/fleet
rm -rf "$stage"
if wanted && mkdir "$stage" && cd "$stage" && bring; then
  inodes=$(printf '%s\n' "$paths" | grep '^mess/' | xargs ls -i 2>/dev/null)
  cd "$spool" || exit 1
  # What goes by a new number already, though no file of that inode can.
  taken=$(ids=$(printf '%s\n' "$inodes" | awk '{ print $1 }') && found | sed 's/^/taken /')
  moves=$({ printf '%s\n' "$taken" "$inodes" "$paths"; } | awk -v folders="$(find mess/* -type d | wc -l)" '
    $1 == "taken" { taken[$2]; next }
    { n = split($NF, p, "/") }
    NF == 2 && !($1 in taken) { number[p[n]] = $1 }
    NF == 1 && p[n] in number {
      to = number[p[n]]
      print 0 + (p[1] ~ /^(info|todo)$/), p[n], to, $1, p[1] (n == 3 ? "/" to % folders : "") "/" to
    }' | sort -n)
  if [ -n "$moves" ] && halt; then
    # Envelopes come last.
    printf '%s\n' "$moves" | while read -r last old new from to; do
      mv "$stage/$from" "$to" || break
      [ "$last" = 0 ] || printf '%s\t%s\n' "$old" "$new"
    done >>"$dir/queue/restored"
    after=$(cat "$dir/queue/restored")
  fi
fi
cd "$spool" || exit 1
resume
rm -rf "$stage"
judge '
  if (kept == "") return "failed\tno copy of it is kept"
  if (was != "") return "failed\twas " was " before"
  return is == "" ? "failed\tthe copy could not be brought back" (why == "" ? "" : ": " why) : "restored\t" is'
