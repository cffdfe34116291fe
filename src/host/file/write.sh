# Puts a file in the place of $to, or removes it, when what is there is still what was planned upon. What was there is kept
# in $dir. The new text is the input and $tail, or with $kept the file that another op kept.
failed() {
  [ -z "$new" ] || rm -f -- "$new"
  printf 'row\t%s\tfailed\t%s\nend\n' "$to" "$1"
  exit 0
}
# is SUM<TAB>SIZE FILE
is() { [ "$(sum "$2")" = "$1" ]; }
new=''
tab=$(printf '\t')
was=$(printf '%s' "$was" | tr ' ' "$tab")
want=$(printf '%s' "$want" | tr ' ' "$tab")
kind=$(kind "$to")
case $was,$kind in
none,none) ;;
none,*) failed 'a file exists there now' ;;
*,file) is "$was" "$to" || failed 'it has changed since it was planned' ;;
*) failed 'it is no longer a file' ;;
esac
printf '%s\n' "$to" >"$dir/to" || failed 'no backup can be made'
if [ "$was" = none ]; then
  : >"$dir/none"
else
  cp -p -- "$to" "$dir/file" 2>/dev/null
  is "$was" "$dir/file" || failed 'the present content could not be backed up'
fi
printf '%s\n' "$want" >"$dir/left" || failed 'no backup can be made'
if [ "$want" = none ]; then
  rm -f -- "$to" 2>/dev/null
  [ "$(kind "$to")" = none ] || failed 'it could not be removed'
else
  new=$to.fleet-$$
  # Nothing that is there, and no link, is written to.
  if [ -n "$kept" ]; then
    (set -C && cat "$kept/file" >"$new") 2>/dev/null
  else
    (set -C && { cat && printf '%s' "$tail"; } >"$new") 2>/dev/null
  fi || { new=''; failed 'the temporary file could not be written'; }
  is "$want" "$new" || failed 'the new file differs from what was sent'
  chown -- "$owner" "$new" 2>/dev/null || failed "its owner could not be changed to $owner"
  chmod "$mode" "$new" 2>/dev/null || failed "its mode could not be changed to $mode"
  # An old sync knows no option.
  sync -f "$new" 2>/dev/null || sync
  # A folder that came in the meantime would swallow it.
  mv -fT -- "$new" "$to" 2>/dev/null || { [ ! -d "$to" ] && mv -f -- "$new" "$to"; } 2>/dev/null ||
    failed 'the new file could not be moved into place'
  if command -v restorecon >/dev/null 2>&1; then restorecon "$to" >/dev/null 2>&1; fi
fi
sync -f "${to%/*}/" 2>/dev/null || sync
printf 'row\t%s\t%s\nend\n' "$to" "$word"
