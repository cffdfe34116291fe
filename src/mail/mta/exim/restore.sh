# As it was held, so it is again. A message of which only the log is left is none.
there=$(find "$spool/input/" -type f 2>/dev/null | own | sed 's/ .*//')
# Exim believes a -H file that it sees, and throws an old one away that is not whole: it comes last.
restore '-H$' "$spool"
notes
finish
