# The queue as Postfix lists it: JSON lines where it can (3.1 and later), else its text. The last line says which
# form it was and how the tool ended; nothing in a listing can look like it.
form=json
{ err=$(postqueue -j 2>&1 >&3 3>&-); rc=$?; } 3>&1
case "$rc $err" in
0\ *) ;;
*usage:* | *'invalid option'* | *'illegal option'*)
  form=text
  { err=$(postqueue -p 2>&1 >&3 3>&-); rc=$?; } 3>&1
  ;;
esac
[ -z "$err" ] || printf '%s\n' "$err" | head -n 20 >&2
printf 'end=%s rc=%s\n' "$form" "$rc"
