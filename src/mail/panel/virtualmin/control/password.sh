begins
if [ "$ours" = yes ]; then
  new_password
  after=$(its_hash)
  [ "$after" != "$before" ] && [ -n "$after" ] || failed "$(why "$said")"
  if [ -z "$lock" ]; then accepted "$login"; fi
  case "$after" in '!'*) ;; *) failed 'its password is new, and it is no longer disabled' ;; esac
  note 'it stays disabled'
  row changed
fi
