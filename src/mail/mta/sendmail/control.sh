# $queues, lines `-Am|-Ac FOLDER`, and what all changes of Sendmail's queues share. $etc is where configurations are.
ask '[0-9A-Za-x]{8}[0-9]{5,10}'
queues=$({
  folders sendmail.cf /var/spool/mqueue | sed 's/^/-Am /'
  for conf in $etc; do
    [ -f "$conf/submit.cf" ] || continue
    folders submit.cf /var/spool/clientmqueue | sed 's/^/-Ac /'
    break
  done
} 3>/dev/null)
[ -n "$queues" ] || refuse 'there is no queue folder'
if printf '%s\n' "$queues" | grep -qv '^-A[mc] [/][0-9A-Za-z_./+-]*$'; then
  refuse 'the name of a queue folder is not understood'
fi
enter / .

# everything: `ID NAME QUEUE` of the files of all messages: envelope (hf when it is held), body, transcript.
everything() {
  printf '%s\n' "$queues" | while read -r queue folder; do
    for part in "$folder" "$folder/qf" "$folder/df" "$folder/xf"; do
      [ -d "$part" ] || continue
      find "$part/." ! -name . -prune -type f 2>/dev/null |
        sed -n "s,^/\\(.*\\)/[.]\\(/[qhdxt]f\\)\\([0-9A-Za-x]*\\)\$,\\3 \\1\\2\\3 $queue,p"
    done
  done
}

# `ID NAME` of $seen, what `everything` said, of those that were asked for.
found() { printf '%s\n' "$seen" | sed 's/ [^ ]*$//' | mine; }

# states: `ID held|waits`. One that is in both states may be delivered.
states() {
  found | awk '
    $2 ~ /[/][qh]f[^/]*$/ && state[$1] != "waits" { state[$1] = $2 ~ /[/]qf[^/]*$/ ? "waits" : "held" }
    END { for (id in state) print id, state[id] }'
}

# tell STATE OPTIONS: gives Sendmail the ids of those in that STATE. To it an id is any part of an id, and old versions
# do not tell capitals from small letters: where that would name a message that was not asked for, neither is told.
# It alone holds the lock of a message while it renames the file, so nothing is held here without it.
tell() {
  state=$1 busy=
  shift
  for queue in -Am -Ac; do
    told=$({ all asked "$asked"; all file "$seen"; } | awk -v queue="$queue" -v state="$state" '
      BEGIN { kind = state == "held" ? "hf" : "qf" }
      $1 == "asked" { asked[$2] }
      $1 == "file" && $4 == queue && index($3, "/" kind $2) { if ($2 in asked) mine[$2]; else others[$2] }
      END {
        for (id in mine) { lower[tolower(id)]; lengths[length(id)] }
        for (id in others) {
          name = tolower(kind id)
          for (size in lengths) for (at = 1; at + size - 1 <= length(name); at++) {
            part = substr(name, at, size)
            if (part in lower) both[part]
          }
        }
        for (id in mine) if (!(tolower(id) in both)) print "-qI" id
      }')
    [ -n "$told" ] || continue
    said=$(printf '%s\n' "$told" | xargs -n 400 "$sendmail" "$queue" "$@" 2>&1)
    # What is locked it passes by, and ends well.
    busy="$busy
$(printf '%s\n' "$said" | sed -n 's,^Skipping .*/,,p')"
  done
  # Nothing else may have been touched.
  old=$seen
  seen=$(everything)
  notes=$({ all asked "$asked"; all old "$old"; all new "$seen"; } | awk -v state="$state" '
    BEGIN { old = state == "held" ? "[/]hf[^/]*$" : "[/]qf[^/]*$"; new = state == "held" ? "[/]qf[^/]*$" : "[/]hf[^/]*$" }
    $1 == "asked" { asked[$2] }
    $1 == "old" && !($2 in asked) && $3 ~ old { was[$2] }
    $1 == "new" && $2 in was && $3 ~ new { n++ }
    END { if (n) print n " messages that were not asked for changed in the same way at that time" }')
}
