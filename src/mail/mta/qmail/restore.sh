# qmail-send delivers it at once, for it cannot hold mail back. A message's number is the inode of its file, and its old
# one may be another message's by now: each comes under the number that its file has in $stage, envelope last.
place() {
  inodes=$(cd "$stage" && names | grep '^mess/' | xargs ls -i)
  # What goes by a new number already, though no file of that inode can.
  taken=$(asked=$(printf '%s\n' "$inodes" | awk '{ print $1 }') && found)
  moves=$({ all taken "$taken"; all inode "$inodes"; all file "$files"; } | awk -v folders="$(find mess/* -type d | wc -l)" '
    $1 == "taken" { taken[$2] }
    $1 == "inode" && !($2 in taken) { n = split($3, p, "/"); number[p[n]] = $2 }
    $1 == "file" && $2 in number {
      to = number[$2]; n = split($3, p, "/")
      print $2, (p[1] ~ /^(info|todo)$/) + 0, to, $3, p[1] (n == 3 ? "/" to % folders : "") "/" to
    }')
  if [ -n "$moves" ] && halt; then printf '%s\n' "$moves" | put; fi
  resume
}
restore .
