# held: of $files those of the messages that $before says are held
held() { { all state "$before"; printf '%s\n' "$files"; } | awk '$1 == "state" { if ($3 == "held") held[$2]; next } $1 in held'; }

before=$(states)
files=$(found)
files=$(held)
after=$before
if [ -n "$files" ] && keep; then
  # A queue run may have thawed it while it was copied, and delivers it.
  before=$(states)
  files=$(held)
  was=$before before=$(ids | sed 's/$/ held/')
  tell -Mrm held
  before=$was
  # A message's log may stay, by configuration.
  after=$(found | sed -n 's,^\([^ ]*\) input/.*,\1 left,p')
fi
judge deleted "${why:-Exim left it, or a part of it}"
finish
