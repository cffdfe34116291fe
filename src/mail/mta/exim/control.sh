# What all changes of Exim's queue share; $exim and the folder are those of folder.sh.
ask '[0-9A-Za-z]{6}-([0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})'
spool_folder >/dev/null
enter "$spool" input

# states: `ID held|waits` of those that were asked for, by their files, as Exim itself reads them: see spool.sh.
states() {
  { printf '%s\n' "$asked"; echo; find input -type f -name '*-H' 2>/dev/null; } | awk '
    !files { if (NF) asked[$0]; else files = 1; next }
    !/^input[/]([0-9A-Za-z][/])?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+-H$/ { next }
    {
      file = $0; id = $0; sub(/^.*[/]/, "", id); sub(/-H$/, "", id)
      if (!(id in asked)) next
      n = skip = 0; state = "waits"
      while ((got = (getline line < file)) > 0) {
        n++
        if (skip > 0) { skip -= length(line) + 1; continue }
        if (n <= 4) continue
        if (line !~ /^-/) break
        if (line ~ /^-frozen/) { state = "held"; break }
        sub(/^--?([(][^)]*[)])?/, "", line)
        if (line ~ /^acl[cm]? [^ ]+ [0-9]+$/) { split(line, word, " "); skip = word[3] + 1 }
      }
      close(file)
      # It may have left since the folder was listed.
      if (got >= 0) print id " " state
    }'
}

# The envelope, the body, the journal of a delivery, and its log.
found() {
  find input msglog -type f 2>/dev/null | awk '
    { id = $0; sub(/^.*[/]/, "", id) }
    /^msglog[/]([0-9A-Za-z][/])?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+$/ { print id " " $0 }
    /^input[/]([0-9A-Za-z][/])?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+-[DHJK]$/ { sub(/-.$/, "", id); print id " " $0 }' | mine
}

# tell OPTION STATE: has Exim do it to those that were in that STATE. Where one id of many is malformed it does nothing
# at all, so it gets only ids that it has files of; its status says little. A message may be locked for a moment only.
tell() {
  busy=$(printf '%s\n' "$before" | sed -n "s/ $2\$//p")
  for pause in 0 3; do
    [ -n "$busy" ] || break
    sleep "$pause"
    busy=$(printf '%s\n' "$busy" | xargs -n 500 "$exim" "$1" 2>&1 | sed -n 's/^Message \([0-9A-Za-z-]*\) is locked$/\1/p')
  done
}

# A freeze is not for ever where the configuration says so.
lasting() {
  "$exim" -bP auto_thaw timeout_frozen_after ignore_bounce_errors_after 2>/dev/null | awk '
    $2 != "=" || $3 !~ /^[0-9smhdw]+$/ || $3 ~ /^0+s?$/ { next }
    $1 == "auto_thaw" { print "Exim tries held mail again after " $3 ": auto_thaw" }
    $1 == "timeout_frozen_after" { print "Exim gives held mail up, and tells its sender, after " $3 " in the queue: " $1 }
    $1 == "ignore_bounce_errors_after" { print "Exim tries held bounces again, and drops them, after " $3 " in the queue: " $1 }'
}
