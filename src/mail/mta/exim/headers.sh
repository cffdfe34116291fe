# queued: what stands in the headers of the newest $limit messages:
#   h<TAB>LINE ..    m<TAB>ID<TAB>USER    refused<TAB>WHY
# An m line closes the h lines before it. USER is the uid of the process that handed the message in; empty when it
# came from the network. Bodies have files of their own, and those are not read. An id begins with its time.
queued() {
  if ! cd "$(spool_folder)/input" 2>/dev/null || ! ls >/dev/null 2>&1; then
    printf 'refused\tqueue files cannot be read: logins are unknown\n'
    return
  fi
  find . -type f -name '*-H' 2>/dev/null | awk '
    /^[.][/]([0-9A-Za-z][/])?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+-H$/ {
      id = $0; sub(/^.*[/]/, "", id); print id "\t" $0
    }' | sort -r | head -n "$limit" | awk -F'\t' '{
    id = $1; sub(/-H$/, "", id); file = $2; n = skip = here = lines = 0; user = ""; part = "options"
    while ((getline line < file) > 0) {
      n++
      # Only the value of a variable may span lines, and its length stands before it.
      if (skip > 0) { skip -= length(line) + 1; continue }
      if (n == 2) { words = split(line, word, " "); user = word[words - 1] }
      if (n <= 4) continue
      if (part == "options" && line ~ /^-/) {
        sub(/^--?([(][^)]*[)])?/, "", line)
        if (line ~ /^acl[cm]? [^ ]+ [0-9]+$/) { split(line, word, " "); skip = word[3] + 1 }
        else if (line == "local") here = 1
        continue
      }
      if (part == "options") part = "recipients"
      if (part == "recipients") { if (line == "") part = "headers"; continue }
      # Each header has its length and a letter before it; one with a star was replaced.
      if (match(line, /^[0-9][0-9][0-9]+[A-Z* ] /)) {
        kept = substr(line, RLENGTH - 1, 1) != "*"
        line = substr(line, RLENGTH + 1)
        if (line !~ /^[!-9;-~]+[ \t]*:/) break
      } else if (line !~ /^[ \t]/ || !lines) break
      if (++lines > 1000) break
      if (kept) print "h\t" line
    }
    close(file)
    if (lines) print "m\t" id "\t" (here && user ~ /^[0-9]+$/ ? user : "")
  }'
}
