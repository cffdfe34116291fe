# The mail names and aliases that Plesk knows, as TYPE<TAB>ADDRESS. Only these two words of its answer leave the
# host: later versions may print more, passwords among it. The last line is end=RC.
json=$(mail --list -json 2>/dev/null)
rc=$?
case "$json" in
*'['*'"name"'* | '[]')
  # One object a record; a value is taken as it stands, and judged where it is read.
  printf '%s\n' "$json" | tr '\n' ' ' | awk 'BEGIN { RS = "{" }
    function value(key,  at, text) {
      at = match($0, "\"" key "\" *: *\"[^\"]*\"")
      if (!at) return ""
      text = substr($0, RSTART, RLENGTH - 1)
      sub("^\"" key "\" *: *\"", "", text)
      return text
    }
    value("name") != "" { print value("type") "\t" value("name") }'
  echo "end=$rc"
  ;;
*)
  # Rows of two words with a header, after whatever notices the utility may print in whatever language.
  { { mail --list; echo "end=$?"; } 2>&1 >&3 3>&- | awk 'NR <= 20 && !/[Pp][Aa][Ss][Ss][Ww]/' >&2; } 3>&1 | awk '
    /^end=[0-9]+$/ { print; next }
    { sub(/^ERR \[[^]]*\] */, "") }
    NF == 2 && $1 !~ /[@:]/ && $2 ~ /@/ { print ($1 ~ /^[A-Za-z]+$/ ? tolower($1) : "?") "\t" $2 }'
  ;;
esac
