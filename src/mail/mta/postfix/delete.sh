# Keeps a copy of the held messages in $dir/queue, then deletes them.
before=$(found)
paths=$(those hold 3)
after=$before
if [ -n "$paths" ] && keep; then
  notes=$(those hold 1 | super -d - hold)
  after=$(found)
fi
judge '
  if (was == "") return "gone"
  if (was != "hold") return "failed\tnot held: it is in " was
  if (why != "") return "failed\t" why
  return is == "" ? "deleted" : "failed\tis still in " is'
