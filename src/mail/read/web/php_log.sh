# What PHP's own mail logs tell of the scripts that called mail(): where, when and how often; never to whom.
#   log<TAB>PATH    mail<TAB>SCRIPT:LINE<TAB>FIRST<TAB>LAST<TAB>COUNT    odd<TAB>PATH<TAB>N    more<TAB>PATH<TAB>N
#   skip<TAB>PATH<TAB>WHY    end
# A mail line is of one hour of the clock; both its times are as PHP wrote them, with their zone. $ini is where PHP's
# and the web server's configurations are, $usual the usual logs, $days and $mdays the window, $most the lines.
skip() { printf 'skip\t%s\t%s\n' "$(printf '%s' "$1" | tr -d '\001-\037\177')" "$2"; }

# mail.log = PATH, php_admin_value[mail.log] = PATH, php_admin_value mail.log PATH
configured() {
  # shellcheck disable=SC2086
  find -H $ini -type f \( -name '*.ini' -o -name '*.conf' \) -exec grep -h 'mail\.log' {} + 2>/dev/null | awk '
    { sub(/\r$/, ""); sub(/^[ \t]+/, "") }
    sub(/^(php_(admin_)?value[ \t]*[[]?[ \t]*)?mail[.]log[]]?[ \t]*[= \t][ \t]*/, "") {
      if (/^"/) { sub(/^"/, ""); sub(/".*/, "") } else sub(/[ \t;].*/, "")
      if ($0 != "" && $0 != "/dev/null") print
    }' | sort -u
}

# The logs and what became of them by rotation, each file once under whatever names.
files() {
  for name do
    for file in "$name" "$name".* "$name"-*; do
      if [ -f "$file" ]; then find -L "$file" -mtime "-$mdays" -exec ls -Ldi {} \; 2>/dev/null; fi
    done
  done | awk '{ inode = $1; sub(/^ *[0-9]+ +/, "") } !(inode in seen) { seen[inode] = 1; print }'
}

# By what it is, not by what it is called.
content() {
  case "$(od -An -tx1 -N4 "$1" 2>/dev/null | tr -d ' \n')" in
  1f8b*) gzip -dc <"$1" 2>/dev/null || echo '== failed' ;;
  425a68*) bzip2 -dc <"$1" 2>/dev/null || echo '== failed' ;;
  fd377a58) xz -dc <"$1" 2>/dev/null || echo '== failed' ;;
  *) cat "$1" || echo '== failed' ;;
  esac
}

# [25-Apr-2016 18:16:41 UTC] mail() on [/var/www/x.php:677]: To: ..
# What stands before the first `:NUMBER]: To: ` is PHP's and the file's name; nothing behind it is looked at.
tally() {
  awk -v days="$days" -v most="$most" -v path="$1" '
    BEGIN { n = split(days, day, "|"); for (i = 1; i <= n; i++) want["[" day[i]] = 1 }
    $0 == "== failed" { print "skip\t" path "\tit cannot be fully read"; next }
    !(substr($0, 1, 12) in want) { next }
    {
      at = index($0, "] mail() on [")
      if (at < 22 || at > 80) next
      time = substr($0, 2, at - 2); rest = substr($0, at + 13)
      if (!match(rest, /:[0-9]+[]]: To: /)) { odd++; next }
      script = substr(rest, 1, RSTART + RLENGTH - 8)
      if (length(script) > 1000) script = substr(script, length(script) - 999)
      gsub(/[\001-\037\177]/, " ", script); gsub(/[\001-\037\177]/, " ", time)
      key = script SUBSEP substr(time, 1, 14) SUBSEP substr(time, 22)
      if (!(key in count)) {
        if (++keys > most) { more++; next }
        first[key] = time
      }
      last[key] = time; count[key]++
    }
    END {
      for (key in count) {
        split(key, part, SUBSEP)
        print "mail\t" part[1] "\t" first[key] "\t" last[key] "\t" count[key]
      }
      if (odd) print "odd\t" path "\t" odd
      if (more) print "more\t" path "\t" more
    }'
}

named=$(configured)
printf '%s\n' "$named" | while IFS= read -r log; do
  case "$log" in
  '' | /*) [ -z "$log" ] || [ -f "$log" ] || skip "$log" 'PHP is to log mail there, and no such file' ;;
  syslog) skip syslog 'PHP logs mail there, where it is not looked for' ;;
  *) skip "$log" 'PHP is to log mail there, and it is no whole path' ;;
  esac
done
IFS='
'
set -f
# shellcheck disable=SC2086
set -- $(printf '%s\n' "$named" | grep '^/')
set +f
IFS=' '
# shellcheck disable=SC2086
files "$@" $usual | while IFS= read -r file; do
  shown=$(printf '%s' "$file" | tr -d '\001-\037\177\\')
  if [ ! -r "$file" ]; then
    skip "$file" 'it cannot be read'
    continue
  fi
  printf 'log\t%s\n' "$shown"
  content "$file" | tally "$shown"
done
echo end
