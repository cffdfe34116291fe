# Keeps a copy of the messages in $dir/queue, then deletes them, while qmail-send stands still.
look
before=$state after=$state
if [ -n "$paths" ] && room . "$dir" && halt; then
  look
  kept=$state
  if [ -n "$paths" ] && keep; then
    printf '%s\n' "$paths" | xargs rm -f
    look
  fi
  after=$state
fi
resume
judge '
  if (was == "") return "gone"
  if (was == "pieces") return "failed\tis still being written"
  if (why != "") return "failed\t" why
  if (kept == "") return "gone\tleft the queue before it was deleted"
  return is == "" ? "deleted" : "failed\tis still in the queue"'
