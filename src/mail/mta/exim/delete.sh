# files: `ID NAME` of the files of messages that were held.
files() {
  { printf '%s\n' "$before"; find "$spool/input/" "$spool/msglog/" -type f 2>/dev/null | own; } |
    awk '$2 == "held" { held[$1] } $1 in held && $2 != "held"'
}

before=$(states)
names=$(files | sed 's/^.* //')
if [ -n "$names" ] && why=$(keep "$names"); then
  tell -Mrm held
  # A message's log may stay, by configuration.
  after=$(files | sed -n 's,^\([^ ]*\) .*/input/.*,\1 left,p')
  why='Exim left it, or a part of it'
else
  after=$before
fi
judge deleted none "$why"
finish
