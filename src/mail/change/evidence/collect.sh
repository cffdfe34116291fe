# Keeps the mail log, the queue's listing and who is logged in as they are, in $dir/evidence, with a list of checksums.
# $names are the usual logs, a file that the inventory names comes as "$1" and replaces them; $mdays is how far back.
umask 077
tab=$(printf '\t')
fail() {
  printf 'row\tevidence\tfailed\t%s\nend\n' "$1"
  exit 0
}
if [ $# = 0 ]; then
  set -f
  # shellcheck disable=SC2086
  set -- $names
  set +f
fi
found=$(for name in "$@"; do
  for file in "$name" "$name".* "$name"-*; do
    [ -f "$file" ] && find -L "$file" -mtime "-$mdays" 2>/dev/null
  done
done | sort -u)
into=$dir/evidence
mkdir -p "$into/log" || fail "$into cannot be created"
need=$(printf '%s\n' "$found" | while IFS= read -r file; do
  [ -z "$file" ] || ls -lLn "$file"
done | awk '{ n += $5 } END { printf "%d", n / 1024 }')
free=$(df -Pk "$into" 2>/dev/null | awk 'NR == 2 { print $4 }')
case "$free" in '' | *[!0-9]*) fail "the free space of $dir cannot be read" ;; esac
# One half is for the copy, the other for a host that must go on.
[ "$free" -ge $((need * 2 + 1024)) ] || fail "not enough space in $dir: $free KB free, twice $need KB needed"
printf '%s\n' "$found" | while IFS= read -r file; do
  [ -z "$file" ] || cp -p "$file" "$into/log/$(printf '%s' "$file" | tr / _)" 2>/dev/null ||
    printf 'note\t%s was not copied\n' "$file"
done
if [ -z "$found" ] && command -v journalctl >/dev/null 2>&1; then
  journalctl -q --no-pager --since "-$mdays days" SYSLOG_FACILITY=2 >"$into/log/journal" 2>/dev/null
fi
for tool in 'postqueue -p' 'exim -bp' 'exim4 -bp' mailq /var/qmail/bin/qmail-qread; do
  # shellcheck disable=SC2086
  if command -v ${tool%% *} >/dev/null 2>&1; then
    $tool >"$into/queue" 2>&1 </dev/null
    break
  fi
done
who >"$into/who" 2>&1
last -n 200 >"$into/last" 2>/dev/null
date -u '+%Y-%m-%dT%H:%M:%SZ' >"$into/taken"
sum=cksum
if command -v sha256sum >/dev/null 2>&1; then sum=sha256sum; fi
(cd "$into" && find . -type f ! -name list -exec $sum {} + >list) || fail 'the list of checksums was not written'
# Read back: a copy that cannot be read is none.
[ "$(cd "$into" && find . -type f ! -name list -exec $sum {} + | sort)" = "$(sort "$into/list")" ] ||
  fail 'the copy differs from the original'
kept=$(grep -c '/log/' "$into/list")
[ "$kept" -gt 0 ] || printf 'note\tno mail log of that period was found\n'
printf 'row\tevidence\tchanged\t%s files in %s, by %s\n' "$(grep -c . "$into/list")" "$into" "$sum"
echo "end"
