# While qmail-send stands still nothing is delivered: every whole message is as good as held.
find mess -prune -printf '' 2>/dev/null || refuse 'the find of this host does not tell when a file was written'
look
after=$before
if [ -n "$files" ] && room . "$dir" && halt; then
  look
  after=$before
  if [ -n "$files" ] && keep; then
    was=$before
    names | xargs rm -f
    look
    after=$before before=$was
  fi
fi
resume
judge deleted "${why:-it cannot be removed}"
finish
