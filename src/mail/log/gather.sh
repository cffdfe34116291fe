# Prints the sources of the mail log, oldest first, and of each the lines that matter, as they stand:
#   == SIZE MTIME PATH    first BEGINNING OF THE SOURCE    lines ..    skip<TAB>PATH<TAB>WHY    changed    end
# $days, $mdays and $since bound it; $names are the usual files, $pattern is what a line that matters holds; a
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

relevant() {
  awk -v days="$days" -v label="$(printf '@40000000%08x' $((since + 10)))" -v pattern="$pattern" -v path="$1" '
    BEGIN { n = split(days, day, "|"); for (i = 1; i <= n; i++) want[day[i]] = 1 }
    NR == 1 { print "first " substr($0, 1, 40) }
    /^== failed$/ { print "skip\t" path "\tit cannot be unpacked"; next }
    /^@4/ ? substr($0, 1, 17) < label : !((substr($0, 1, 6) in want) || (substr($0, 1, 10) in want)) { next }
    $0 ~ pattern'
}

# By what it is, not by what it is called. The newest file was opened at the start: renaming it now loses nothing.
content() {
  case "$(od -An -tx1 -N4 "$1" 2>/dev/null | tr -d ' \n')" in
  1f8b*) tool=gzip ;; 425a68*) tool=bzip2 ;; fd377a58) tool=xz ;; 28b52ffd) tool=zstd ;; *) tool= ;;
  esac
  if [ -n "$tool" ]; then "$tool" -dc <"$1" 2>/dev/null || echo '== failed'
  elif [ "$1" = "$newest" ]; then cat <&9
  else cat "$1" || echo '== failed'; fi
}

list=$(sources "$@")
newest=$(printf '%s\n' "$list" | sed -n '$s/^[0-9]* //p')
if [ -n "$newest" ] && [ -r "$newest" ]; then exec 9<"$newest"; fi

printf '%s\n' "$list" | while read -r inode file; do
  [ -n "$inode" ] || continue
  if [ ! -r "$file" ]; then
    printf 'skip\t%s\tit cannot be read\n' "$file"
    continue
  fi
  size=$(ls -Lln -- "$file" 2>/dev/null | awk '{ print $5 }')
  printf '== %s %s %s\n' "${size:-0}" "$(date -r "$file" +%s 2>/dev/null || echo 0)" "$file"
  content "$file" | relevant "$file"
done

if [ -z "$list" ]; then
  if [ -n "$named" ]; then
    printf 'skip\t%s\tit does not exist or is older than the window\n' "$named"
  elif command -v journalctl >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || printf 'skip\tjournal\tnot root: it may not show everything\n'
    echo '== 0 0 journal'
    journalctl --no-pager -q -o short-iso --since "@$since" SYSLOG_FACILITY=2 2>/dev/null | relevant journal
  else
    printf 'skip\tmail log\tnone was found\n'
  fi
elif [ "$(printf '%s\n' "$list" | sort)" != "$(sources "$@" | sort)" ]; then
  echo changed
fi
echo end
