# those KINDS: the files of these kinds of messages that were held, where nothing waits.
those() {
  { all before "$before"; all now "$(states)"; all file "$(found)"; } | awk -v name="[/][$1]f[^/]*\$" '
    $1 == "before" && $3 == "held" { held[$2] }
    $1 == "now" && $3 == "waits" { delete held[$2] }
    $1 == "file" && $2 in held && $3 ~ name { print $2, $3 }'
}

remove() {
  files=$(those "$1")
  [ -z "$files" ] || names | xargs rm -f
  seen=$(everything)
}

seen=$(everything)
before=$(states)
files=$(those hdx)
after=$before
if [ -n "$files" ] && keep; then
  # Without hf it is no message any more. One that was released in the meantime has qf, and keeps its body.
  seen=$(everything)
  was=$before before=$(ids | sed 's/$/ held/')
  remove h
  remove dx
  before=$was
  after=$(found | sed 's/ .*/ left/')
fi
judge deleted "${why:-it was released in the meantime, or cannot be removed}"
finish
