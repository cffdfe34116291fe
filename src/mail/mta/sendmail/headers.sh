# queued: what stands in the headers of the newest $limit messages of all queues:
#   h<TAB>LINE ..    m<TAB>ID<TAB>USER    refused<TAB>WHY
# An m line closes the h lines before it. USER is the name of the user who handed the message in; empty when it came
# from the network. Bodies have files of their own, and those are not read. An id begins with its time.
queued() {
  if [ "$(id -u)" != 0 ]; then
    printf 'refused\tnot root: queue files cannot be read\n'
    return
  fi
  { folders sendmail.cf /var/spool/mqueue; folders submit.cf /var/spool/clientmqueue; } 3>/dev/null |
    while IFS= read -r folder; do
      if [ -d "$folder/qf" ]; then folder=$folder/qf; fi
      ls "$folder" 2>/dev/null |
        awk -v folder="$folder" '/^[qh]f[0-9A-Za-z]+$/ { print substr($0, 3) "\t" folder "/" $0 }'
    done | sort -ru | head -n "$limit" | awk -F'\t' '{
    file = $2; user = relay = ""; seen = lines = 0
    while ((getline line < file) > 0) {
      if (!lines && line ~ /^[$]_/) relay = line
      if (line ~ /^H/) {
        sub(/^H([?][^?]*[?])?/, "", line)
        if (line !~ /^[!-9;-~]+[ \t]*:/) break
      } else if (line ~ /^[ \t]/) {
        if (!lines) continue
      } else if (lines) break
      else continue
      if (++lines > 1000) break
      # What a program submits comes to the main queue from this host itself, with one line more.
      if (line ~ /^Received:/ && ++seen <= (relay ~ /[[](127[.]0[.]0[.]1|IPv6:::1)[]]$/ ? 2 : 1) &&
        line ~ /^Received: [(]from [^ @()]+@localhost[)]$/ && user == "") {
        user = line; sub(/^Received: [(]from /, "", user); sub(/@.*/, "", user)
      }
      print "h\t" line
    }
    close(file)
    if (lines) print "m\t" $1 "\t" user
  }'
}
