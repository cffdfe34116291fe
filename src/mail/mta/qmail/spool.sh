# What the queue's files tell beside the list: who handed a message in, by the lines that qmail itself puts before
# it, and the messages that have come in and are not yet listed.
#   head<TAB>ID<TAB>KIND<TAB>LOGIN<TAB>CLIENT    more<TAB>N    to<TAB>ADDRESS ..    todo<TAB>ID<TAB>TIME<TAB>BYTES<TAB>SENDER
#   unlisted<TAB>N    end
# KIND is uid, alias, bounce or network. A todo line closes the to lines before it. $limit and $most bound both.
tab=$(printf '\t')
if [ "$(id -u)" != 0 ]; then
  echo "refused${tab}not root: queue files cannot be read"
  echo end
  exit 0
fi
cd "$home/queue" || exit 1

# The first line is qmail-queue's. Only behind `from network` are the next two qmail-smtpd's, and in them it leaves
# no blank or bracket of what the client says. Where a protocol's name ends in A there was a login, which stands
# before the client's address; else an ident answer may stand there.
find mess -type f 2>/dev/null | awk -v limit="$limit" '
  NR > limit { next }
  {
    file = $0; n = split(file, path, "/"); kind = login = client = ""
    got = (getline line < file)
    if (got > 0 && line ~ /^Received: [(]qmail [0-9]+ invoked by uid [0-9]+[)]; /) kind = "uid"
    if (got > 0 && line ~ /^Received: [(]qmail [0-9]+ invoked by alias[)]; /) kind = "alias"
    if (got > 0 && line ~ /^Received: [(]qmail [0-9]+ invoked for bounce[)]; /) kind = "bounce"
    if (got > 0 && line ~ /^Received: [(]qmail [0-9]+ invoked from network[)]; /) {
      kind = "network"
      if ((getline line < file) > 0 && line ~ /^Received: from [^ ()]+( [(]HELO [^ ()]*[)])? [(][^ ()]*[)]$/) {
        sub(/.*[(]/, "", line); sub(/[)]$/, "", line)
        client = line; sub(/.*@/, "", client)
        if ((getline by < file) > 0 && by ~ /^  by [^ ]+ with E?SMTPS?A; / && line ~ /@/)
          login = substr(line, 1, length(line) - length(client) - 1)
      }
    }
    close(file)
    if (kind != "") print "head\t" path[n] "\t" kind "\t" login "\t" client
  }
  END { if (NR > limit) print "more\t" NR - limit }'

# An envelope is u UID, p PROCESS, F SENDER and T RECIPIENT .., each closed by a NUL.
find todo -type f 2>/dev/null | head -n "$most" | while IFS= read -r file; do
  id=${file##*/}
  for mess in mess/*/"$id" mess/"$id"; do [ -f "$mess" ] && break; done
  [ -f "$mess" ] || continue
  time=$(date -r "$mess" +%s 2>/dev/null)
  size=$(wc -c <"$mess" 2>/dev/null)
  tr '\000\001-\037' '\n_' <"$file" 2>/dev/null | awk -v id="$id" -v time="$time" -v size="$size" '
    /^F/ { sender = substr($0, 2) }
    /^T/ { print "to\t" substr($0, 2) }
    END { print "todo\t" id "\t" time "\t" size + 0 "\t" sender }'
done
# Those that are still being written count too.
printf 'unlisted\t%s\n' "$(find todo intd -type f 2>/dev/null | sed 's|.*/||' | sort -u | wc -l | tr -d ' ')"
echo end
