# The file, and where $kept names the folder of an op, what that op found in its place (`kept`) and left there (`left`).
tell now "$to"
if [ -n "$kept" ]; then
  if [ ! -f "$kept/to" ] || [ "$(cat "$kept/to")" != "$to" ]; then
    printf 'kept\tlost\n'
  elif [ -f "$kept/none" ]; then
    printf 'kept\tnone\n'
  else
    tell kept "$kept/file"
  fi
  printf 'left\t%s\n' "$(cat "$kept/left" 2>/dev/null)"
fi
echo end
