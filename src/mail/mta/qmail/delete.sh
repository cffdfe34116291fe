# While qmail-send stands still nothing is delivered: every whole message is as good as held.
look
after=$before
if [ -n "$files" ] && room . "$dir" && halt; then
  look
  after=$before
  if [ -n "$files" ] && keep; then
    names | xargs rm -f
    after=$(found | sed 's/ .*/ left/')
  fi
fi
resume
judge deleted "${why:-it cannot be removed}"
finish
