# The mail aliases of every domain: alias<TAB>ADDRESS<TAB>TARGET, autoreply<TAB>ADDRESS, reason<TAB>TEXT when it fails.
# Of a command its first word. The last line is end<TAB>RC.
listing list-aliases --all-domains --multiline | awk '
  { sub(/\r$/, "") }
  /^end=[0-9]+$/ { rc = substr($0, 5); next }
  /^[^ \t]/ { from = $1; if (first == "") first = $0; next }
  /^    To: / {
    to = substr($0, 9); any = 1
    if (to ~ /^"?[|]/) {
      if (to ~ /autoreply|vacation/) { print "autoreply\t" from; next }
      sub(/^"/, "", to); sub(/["\t ].*$/, "", to)
    }
    print "alias\t" from "\t" to
  }
  END {
    if (rc != 0 && !any && first !~ /[Pp][Aa][Ss][Ss][Ww]/) print "reason\t" first
    if (rc != "") print "end\t" rc
  }'
