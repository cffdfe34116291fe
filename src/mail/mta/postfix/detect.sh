# `qmgr` too, for `master` is a common name.
postfix_runs() { running master && running qmgr; }
if have postconf || postfix_runs; then
  found mta postfix "$(flag postfix_runs)" "$(postconf -h mail_version 2>/dev/null)"
fi
