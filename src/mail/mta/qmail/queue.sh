# The queue as qmail lists it itself, with times that no other tool of an old host prints for so many files at once.
#   told<TAB>N    lines of qmail-qread ..    told<TAB>N    end<TAB>STATUS
# told is qmail-qstat's number before and after, of all messages; those of todo are not in the list.
tab=$(printf '\t')
told() { "$home/bin/qmail-qstat" 2>/dev/null | sed -n "s/^messages in queue: /told$tab/p"; }
if [ "$(id -u)" != 0 ]; then
  echo "refused${tab}not root: the queue cannot be read"
  exit 0
fi
told
"$home/bin/qmail-qread"
status=$?
told
printf 'end\t%s\n' "$status"
