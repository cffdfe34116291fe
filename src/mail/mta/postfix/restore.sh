# It comes back into hold. A short id names the inode, so that message gets another one: postsuper renames the file, and
# whichever name the inode has then is its id.
place() {
  inodes=$(cd "$stage" && names | xargs ls -i)
  under_their_names . | put >/dev/null
  notes=$(super -s hold)
  { all old "$inodes"; find hold -type f 2>/dev/null | grep -E '^[0-9A-Za-z/]+$' | xargs ls -i 2>/dev/null; } |
    awk '{ n = split($NF, p, "/") } $1 == "old" { id[$2] = p[n]; next } $1 in id { print id[$1], p[n] }'
}
there=$(found)
restore .
