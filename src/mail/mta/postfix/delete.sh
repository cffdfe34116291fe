before=$(states)
files=$(found | grep ' hold/')
after=$before
if [ -n "$files" ] && keep; then
  notes=$(ids | super -d - hold)
  after=$(states)
fi
judge deleted "${why:-Postfix left it where it was}"
finish
