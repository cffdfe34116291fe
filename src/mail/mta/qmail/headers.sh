# queued: what stands in the headers of the newest $limit messages:
#   h<TAB>LINE ..    m<TAB>ID<TAB>USER    refused<TAB>WHY
# An m line closes the h lines before it. USER is the uid of the process that handed the message in; empty when it
# came from the network. A header ends before the first line that is no header: nothing of a body is read.
newest() {
  if find / -maxdepth 0 -printf '' 2>/dev/null; then
    find "$@" -type f -printf '%T@ %p\n' 2>/dev/null | sort -rn | sed 's/^[^ ]* //'
  else
    find "$@" -type f 2>/dev/null | xargs ls -dt 2>/dev/null
  fi | grep -E '^mess/([0-9]+/)*[0-9]+$' | head -n "$limit"
}

queued() {
  if [ "$(id -u)" != 0 ]; then
    printf 'refused\tnot root: queue files cannot be read\n'
    return
  fi
  cd "$home/queue" || return
  # The first line is qmail-queue's.
  newest mess | awk '{
    file = $0; n = split(file, path, "/"); user = ""; lines = 0
    while ((getline line < file) > 0) {
      if (line !~ /^[!-9;-~]+[ \t]*:/ && !(lines && line ~ /^[ \t]/) || ++lines > 1000) break
      if (lines == 1 && line ~ /^Received: [(]qmail [0-9]+ invoked by uid [0-9]+[)]; /) {
        user = line; sub(/^.* uid /, "", user); sub(/[)].*/, "", user)
      }
      print "h\t" line
    }
    close(file)
    if (lines) print "m\t" path[n] "\t" user
  }'
}
