# While qmail-send stands still nothing is delivered: every whole message is as good as held.
find mess -prune -printf '' 2>/dev/null || refuse 'the find of this host does not tell when a file was written'
look
after=$before
if [ -n "$files" ] && room . "$dir" && halt; then
  look
  after=$before
  if [ -n "$files" ] && keep; then
    if alone; then
      was=$before
      names | xargs rm -f
      alone || notes="$why: what it had begun with may have been sent"
      why=''
      look
      after=$before before=$was
    else
      rm -rf "$dir/queue"
    fi
  fi
fi
resume
judge deleted "${why:-it cannot be removed}"
finish
