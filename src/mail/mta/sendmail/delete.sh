# those AWK: the names of files of messages that were held, where AWK says so of the kind, and nothing waits.
those() {
  { all before "$before"; all now "$(states)"; all file "$files"; } | awk '
    $1 == "before" && $3 == "held" { held[$2] }
    $1 == "now" && $3 == "waits" { delete held[$2] }
    $1 == "file" && $2 in held && $3 ~ /[/]'"$1"'f[^/]*$/ { print $3 }'
}

remove() { [ -z "$1" ] || printf '%s\n' "$1" | xargs -n 500 rm -f; }

files=$(files)
before=$(states)
names=$(those '[hdx]')
if [ -n "$names" ] && why=$(keep "$names"); then
  # Without hf it is no message any more. One that was released in the meantime has qf, and keeps its body.
  remove "$(those h)"
  files=$(files)
  remove "$(those '[dx]')"
  files=$(files)
  after=$(printf '%s\n' "$files" | sed 's/ .*/ left/')
  why='it was released in the meantime, or cannot be removed'
else
  after=$before
fi
judge deleted none "$why"
finish
