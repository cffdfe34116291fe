# The queue as Exim lists it. The last line says how the tool ended; nothing in a listing can look like it.
for exim in exim4 exim; do command -v "$exim" >/dev/null 2>&1 && break; done
{ err=$("$exim" -bp 2>&1 >&3 3>&-); rc=$?; } 3>&1
[ -z "$err" ] || printf '%s\n' "$err" | head -n 20 >&2
printf 'end=%s\n' "$rc"
