# Of each message those headers that tell what kind of mail it is; whom it goes to and what it says stay on the host.
#   header<TAB>NAME<TAB>VALUE ..    sample<TAB>ID    refused<TAB>WHY    end
# A sample line closes the header lines before it. A name that stands twice counts where it stands first.
queued | awk -F'\t' -v names="$names" '
  BEGIN { n = split(names, name, " "); for (i = 1; i <= n; i++) wanted[tolower(name[i])] = 1 }
  function keep() { if (key in wanted && !(key in value)) value[key] = text; key = "" }
  $1 == "h" {
    line = substr($0, 3)
    if (line ~ /^[ \t]/) { if (length(text) < 2000) text = text line; next }
    keep()
    at = index(line, ":"); key = tolower(substr(line, 1, at - 1)); text = substr(line, at + 1)
    sub(/[ \t]+$/, "", key)
  }
  $1 == "m" {
    keep()
    for (i = 1; i <= n; i++) {
      key = tolower(name[i])
      if (!(key in value)) continue
      text = value[key]; gsub(/[\001-\037\177]+/, " ", text); sub(/^ +/, "", text)
      print "header\t" name[i] "\t" substr(text, 1, 800)
    }
    key = ""; split("", value)
    print "sample\t" $2
  }
  $1 == "refused"'
echo end
