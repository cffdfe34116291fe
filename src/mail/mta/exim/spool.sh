# From the queue's files, of up to $limit messages: when it came in (seconds since 1970), its login, its client.
#   file<TAB>ID<TAB>RECEIVED<TAB>LOGIN<TAB>CLIENT    sampled<TAB>N    refused<TAB>WHY    end
tab=$(printf '\t')
if ! cd "$(spool_folder)/input" 2>/dev/null || ! ls >/dev/null 2>&1; then
  echo "refused${tab}queue files cannot be read: logins are unknown"
  echo end
  exit 0
fi

# Only the options are looked at, which end where the recipients begin: a message's own headers could hold anything.
# Of the options only the value of an ACL's variable may span lines, and its length stands before it. A message
# that a process of the host submits has an auth_id too, its user; only with host_auth is it a login.
find . -type f -name '*-H' 2>/dev/null | head -n "$limit" | awk '
  !/^[.][/]([0-9A-Za-z][/])?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+-H$/ { next }
  {
    file = $0; id = $0; sub(/^.*[/]/, "", id); sub(/-H$/, "", id)
    n = 0; skip = 0; auth = 0; received = ""; login = ""; client = ""
    while ((getline line < file) > 0) {
      n++
      if (skip > 0) { skip -= length(line) + 1; continue }
      if (n == 4) { split(line, word, " "); received = word[1] }
      if (n <= 4) continue
      if (line !~ /^-/) break
      sub(/^--?([(][^)]*[)])?/, "", line)
      if (line ~ /^acl[cm]? [^ ]+ [0-9]+$/) { split(line, word, " "); skip = word[3] + 1 }
      else if (index(line, "host_auth ") == 1) auth = 1
      else if (index(line, "auth_id ") == 1) login = substr(line, 9)
      else if (index(line, "host_address ") == 1) client = substr(line, 14)
    }
    close(file)
    if (n < 4) next
    if (!auth) login = ""
    gsub(/[\001-\037]/, " ", received); gsub(/[\001-\037]/, " ", login); gsub(/[\001-\037]/, " ", client)
    print "file\t" id "\t" received "\t" login "\t" client
    files++
  }
  END { print "sampled\t" files + 0 }'
echo end
