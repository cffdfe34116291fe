before=$(states)
files=$({ all state "$before"; found; } | awk '$1 == "state" { if ($3 == "held") held[$2]; next } $1 in held')
after=$before
if [ -n "$files" ] && keep; then
  was=$before before=$(ids | sed 's/$/ held/')
  tell -Mrm held
  before=$was
  # A message's log may stay, by configuration.
  after=$(found | sed -n 's,^\([^ ]*\) input/.*,\1 left,p')
fi
judge deleted "${why:-Exim left it, or a part of it}"
finish
