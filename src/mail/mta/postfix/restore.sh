# Brings back into hold what $dir/queue keeps. A short id names the inode, so that message gets another one: postsuper
# renames the file, and whichever name the inode has then is its id.
before=$(found)
if wanted && bring; then
  inodes=$(printf '%s\n' "$paths" | xargs ls -i 2>/dev/null | sed 's/^/old /')
  notes=$(super -s hold)
  after=$({ printf '%s\n' "$inodes"; find hold -type f 2>/dev/null | grep -E '^[0-9A-Za-z/]+$' | xargs ls -i 2>/dev/null; } |
    awk '{ n = split($NF, p, "/") } $1 == "old" { id[$2] = p[n]; next } $1 in id { print id[$1] "\t" p[n] }')
  printf '%s\n' "$after" >>"$dir/queue/restored"
fi
judge '
  if (kept == "") return "failed\tno copy of it is kept"
  if (was ~ / /) return "failed\twas " was " before"
  if (was != "") return "failed\ta message of this id is in " was
  return is == "" ? "failed\tthe copy could not be brought back" (why == "" ? "" : ": " why) : "restored\t" is'
