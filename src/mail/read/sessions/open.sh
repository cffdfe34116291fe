# Which sessions are open now:
#   who<TAB>FIELDS of doveadm, the first line names them    box<TAB>SERVICE<TAB>LOGIN    tcp LOCAL REMOTE PID
#   untold<TAB>WHY    end
# The tab form of doveadm alone is sound: the JSON of 2.3 is broken.
tab=$(printf '\t')
[ "$(id -u)" = 0 ] || printf 'untold\tnot root: which process serves which user is not visible\n'
if have doveadm; then
  if sessions=$(doveadm -f tab who -1 2>/dev/null); then
    printf '%s\n' "$sessions" | sed "s/^/who$tab/"
  elif dovecot_runs; then
    printf 'untold\tDovecot does not list its sessions\n'
  fi
fi
boxes | awk -F '\t' '{ print "box\t" $1 "\t" $3 }'
[ -r /proc/net/tcp ] || printf 'untold\tthe kernel does not list its connections\n'
{
  owners
  echo --
  connections
} | awk '
  $1 == "--" { second = 1; next }
  !second { pid[$3] = $1; next }
  { print "tcp", $1, $2, ($3 in pid) ? pid[$3] : "-" }'
echo end
