# The mail names and aliases that Plesk knows, as TYPE<TAB>ADDRESS. Only these two words of its answer leave the
# host: later versions may print more, passwords among it. The last line is end=RC.
if command -v plesk >/dev/null 2>&1; then
  mail() { plesk bin mail "$@"; }
elif [ -x /usr/local/psa/bin/mail ]; then
  mail() { /usr/local/psa/bin/mail "$@"; }
elif [ -x /opt/psa/bin/mail ]; then
  mail() { /opt/psa/bin/mail "$@"; }
else
  echo 'no plesk command and no mail utility was found' >&2
  exit 1
fi

json=$(mail --list -json 2>/dev/null)
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
  echo end=0
  ;;
*)
  # Rows of two words with a header, after whatever notices the utility may print.
  { { mail --list; echo "end=$?"; } 2>&1 >&3 3>&- | head -n 20 | grep -vi 'passw' >&2; } 3>&1 | awk '
    /^end=/ { print; next }
    { sub(/^ERR \[[^]]*\] */, "") }
    NF >= 2 && $1 !~ /[@:]/ && $2 ~ /@/ { print tolower($1) "\t" $2 }'
  ;;
esac
