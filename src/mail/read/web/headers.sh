# Of queued messages that a process of this host handed in: who, when, and what tells of the script. Whom they go to
# and what they say stays on the host.
#   script<TAB>USER<TAB>DATE<TAB>X-PHP-Originating-Script<TAB>X-PHP-Script<TAB>X-PPP-Vhost    read<TAB>N
#   refused<TAB>WHY    end
# DATE is that of the first Received line, which the mail server itself wrote.
queued | awk -F'\t' '
  function keep() { if (key != "" && !(key in value)) value[key] = text; key = "" }
  function of(name) {
    text = value[name]; gsub(/[\001-\037\177]+/, " ", text); sub(/^ +/, "", text); sub(/ +$/, "", text)
    return substr(text, 1, 1000)
  }
  $1 == "h" {
    line = substr($0, 3)
    if (line ~ /^[ \t]/) { if (length(text) < 4000) text = text line; next }
    keep()
    at = index(line, ":"); key = tolower(substr(line, 1, at - 1)); text = substr(line, at + 1)
    sub(/[ \t]+$/, "", key)
    if (key !~ /^(received|x-php-originating-script|x-php-script|x-ppp-vhost)$/) key = ""
  }
  $1 == "m" {
    keep(); n++
    if ($3 != "") {
      date = of("received"); if (!sub(/^.*;/, "", date)) date = ""
      print "script\t" $3 "\t" substr(date, 1, 80) "\t" of("x-php-originating-script") "\t" of("x-php-script") "\t" \
        of("x-ppp-vhost")
    }
    split("", value)
  }
  $1 == "refused"
  END { print "read\t" n + 0 }'
echo end
