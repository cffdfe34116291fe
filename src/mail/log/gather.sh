# Prints the sources of the mail log, oldest first, and of each the lines that matter, as they stand:
#   == SIZE MTIME PATH    first BEGINNING OF THE SOURCE    lines ..    skip<TAB>PATH<TAB>WHY    changed    end
# $days, $mdays and $since bound it, and $large is how many bytes are a large log; $names are the usual files, $pattern is what a line that matters holds; a
# file that the inventory names comes as "$1" and replaces the usual ones. A line of multilog begins with no day
# but with a TAI64N label, `@` and a count of seconds in hexadecimal digits; labels sort as text.
named=${1-}
if [ $# = 0 ]; then
  set -f
  # shellcheck disable=SC2086
  set -- $names
  set +f
fi

# Inode and path of each file of the window, oldest first, each file once under whatever names.
sources() {
  found=$(for name in "$@"; do
    for file in "$name" "$name".* "$name"-*; do
      [ -f "$file" ] && find -L "$file" -mtime "-$mdays" 2>/dev/null
    done
  done)
  [ -n "$found" ] || return 0
  (
    IFS='
'
    set -f
    # shellcheck disable=SC2086
    ls -Ldtri -- $found 2>/dev/null
  ) | awk '{ inode = $1; sub(/^ *[0-9]+ +/, "") } !(inode in seen) { seen[inode] = 1; print inode " " $0 }'
}

# It is the customer's server.
gentle=
command -v nice >/dev/null 2>&1 && gentle='nice -n 10'
command -v ionice >/dev/null 2>&1 && ionice -c3 true 2>/dev/null && gentle="$gentle ionice -c3"

# Of a file's days and of its lines what is wanted; a line that counts how often the one before came goes with it.
relevant() {
  $gentle awk -v days="$days" -v label="$(printf '@40000000%08x' $((since + 10)))" -v pattern="$pattern" '
    BEGIN { n = split(days, day, "|"); for (i = 1; i <= n; i++) want[day[i]] = 1 }
    /\001$/ { matters = 0; next }
    /^\001/ { print substr($0, 2); next }
    /^@4/ ? substr($0, 1, 17) < label : !((substr($0, 1, 6) in want) || (substr($0, 1, 10) in want)) {
      matters = 0
      next
    }
    {
      text = $0
      if (index(text, "message repeated ")) sub(/: message repeated [0-9]+ times: \[ /, ": ", text)
    }
    text ~ pattern { matters = 1; print; next }
    matters && / last message repeated [0-9]+ times$/ { print; next }
    { matters = 0 }'
}

# Whether any of a few lines from that byte on is of a day of the window.
wanted() {
  tail -c "+$2" "$1" 2>/dev/null | head -n 20 | awk -v days="$days" '
    BEGIN { n = split(days, day, "|"); for (i = 1; i <= n; i++) want[day[i]] = 1; rc = 1 }
    NR > 1 && ((substr($0, 1, 6) in want) || (substr($0, 1, 10) in want)) { rc = 0 }
    END { exit rc }'
}

# The byte of a plain file from which on lines of the window may stand: found by halving, as a log is in the order
# of time; where a few looks say that this one is not, all of it is read.
start() {
  from=1 to=$2 step=$(($2 / 6 + 1))
  if wanted "$1" 1; then
    echo 1
    return
  fi
  while [ $((to - from)) -gt 262144 ]; do
    middle=$(((from + to) / 2))
    if wanted "$1" "$middle"; then to=$middle; else from=$middle; fi
  done
  look=$step
  while [ "$look" -lt "$2" ]; do
    if wanted "$1" "$look"; then [ "$look" -ge "$from" ]; else [ "$look" -le "$to" ]; fi || from=1
    look=$((look + step))
  done
  echo "$from"
}

# By what it is, not by what it is called.
packer() {
  case "$(od -An -tx1 -N4 "$1" 2>/dev/null | tr -d ' \n')" in
  1f8b*) echo gzip ;; 425a68*) echo bzip2 ;; fd377a58) echo xz ;; 28b52ffd) echo zstd ;;
  esac
}

# Each file's name, beginning and lines; $1 is where the newest is open. A byte 1 marks what is not the log's own; a
# last line that has no end yet gets one at its end too, and is left out.
contents() {
  printf '%s\n' "$list" | while read -r inode file; do
    [ -n "$inode" ] || continue
    if [ ! -r "$file" ]; then
      printf '\001skip\t%s\tit cannot be read\n' "$file"
      continue
    fi
    size=$(ls -Lln -- "$file" 2>/dev/null | awk '{ print $5 }')
    size=${size:-0}
    tool=$(packer "$file")
    printf '\001== %s %s %s\n' "$size" "$(date -r "$file" +%s 2>/dev/null || echo 0)" "$file"
    printf '\001first %s\n' "$({ if [ -n "$tool" ]; then "$tool" -dc <"$file" 2>/dev/null; else cat "$file"; fi; } |
      head -n 1 | cut -c1-40)"
    failed=
    if [ -n "$tool" ]; then
      $gentle "$tool" -dc <"$file" 2>/dev/null || failed='it cannot be unpacked'
    else
      byte=1
      [ "$size" -le $((large / 4)) ] || byte=$(start "$file" "$size")
      if [ "$file" = "$newest" ]; then tail -c "+$byte" <&"$1"; else tail -c "+$byte" "$file"; fi ||
        failed='it cannot be read'
    fi
    printf '\001\n'
    [ -z "$failed" ] || printf '\001skip\t%s\t%s\n' "$file" "$failed"
  done
}

list=$(sources "$@")
newest=$(printf '%s\n' "$list" | sed -n '$s/^[0-9]* //p')
# Open from now on, for both ways of reading: renaming it loses nothing.
if [ -n "$newest" ] && [ -r "$newest" ]; then exec 8<"$newest" 9<"$newest"; fi
# Packed files hold some ten times their size.
total=$(printf '%s\n' "$list" | while read -r inode file; do
  [ -z "$inode" ] || ls -Lln -- "$file" 2>/dev/null | awk -v packed="$(packer "$file")" '{ print $5 * (packed == "" ? 1 : 10) }'
done | awk '{ sum += $1 } END { printf "%.0f", sum }')

# A large log is added up here, by message, where its mail server's piece brings a way to.
whole=1
if [ -n "${compact-}" ] && [ "$total" -gt "$large" ]; then
  contents 8 | $gentle awk -v days="$days" "$compact" && whole=
fi
[ -z "$whole" ] || [ -z "$list" ] || contents 9 | relevant

if [ -z "$list" ]; then
  if [ -n "$named" ]; then
    printf 'skip\t%s\tit does not exist or is older than the window\n' "$named"
  elif command -v journalctl >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || printf 'skip\tjournal\tnot root: it may not show everything\n'
    echo '== 0 0 journal'
    journalctl --no-pager -q -o short-iso --since "@$since" SYSLOG_FACILITY=2 2>/dev/null |
      awk 'NR == 1 { print "\001first " substr($0, 1, 40) } { print }' | relevant
  else
    printf 'skip\tmail log\tnone was found\n'
  fi
elif [ "$(printf '%s\n' "$list" | sort)" != "$(sources "$@" | sort)" ]; then
  echo changed
fi
echo end
