# A line in a file of passwords of Dovecot's. All other lines stay as they are, byte for byte.
locked_by='{CRYPT}!'

line_number() { awk -F: -v name="$login" '$1 == name && NF > 1 { print NR; exit }' "$file"; }
line() { awk -F: -v name="$login" '$1 == name && NF > 1 { print; exit }' "$file"; }
# replace FILE NUMBER COUNT: in place of COUNT lines from that one stands what comes by standard input. The file is new
# at once or not at all, keeps its owner and mode, and what somebody else wrote meanwhile is not lost.
replace() {
  case "$2" in '' | *[!0-9]*) return 1 ;; esac
  new=$1.fleet.$$
  sum=$(cksum <"$1")
  if cp -p "$1" "$new" && {
    if [ "$2" -gt 1 ]; then head -n $(($2 - 1)) "$1"; fi
    cat
    tail -n +$(($2 + $3)) "$1"
  } >"$new" && [ "$(others "$1" "$2" "$3")" = "$(others "$new" "$2" $(($(wc -l <"$new") - $(wc -l <"$1") + $3)))" ] &&
    [ "$(cksum <"$1")" = "$sum" ] && mv -f "$new" "$1"; then
    return 0
  fi
  rm -f "$new"
  return 1
}
# others FILE NUMBER COUNT: the sum of the file without those lines.
others() { if [ "$3" -gt 0 ]; then sed "$2,$(($2 + $3 - 1))d" "$1"; else cat "$1"; fi | cksum; }
# with_field VALUE: the line that comes, with that as its password. The value comes first of all.
with_field() {
  { printf '%s\n' "$1"; cat; } | awk '
    NR == 1 { value = $0; next }
    { at = index($0, ":"); rest = substr($0, at + 1); next_at = index(rest, ":")
      print substr($0, 1, at) value (next_at ? substr(rest, next_at) : "") }'
}
# write_field VALUE: that becomes the password of the line, as it stands there.
write_field() {
  line | with_field "$1" | replace "$file" "$(line_number)" 1 && [ "$(part_of "$(line)" 2)" = "$1" ]
}
# noticed: Dovecot looks at the file once in a second at most, and takes until then what stood there.
noticed() { sleep 2; forget "$login"; }
# hashed: the new password as it may stand in the file.
hashed() {
  {
    printf '%s\n%s\n' "$fleet_secret" "$fleet_secret" | doveadm pw -s SHA512-CRYPT 2>/dev/null ||
      printf '%s\n' "$fleet_secret" | openssl passwd -6 -stdin 2>/dev/null ||
      printf '%s\n' "$fleet_secret" | perl -e '
        chomp(my $password = <STDIN>);
        open my $random, "<", "/dev/urandom" or exit 1;
        read($random, my $bytes, 16) == 16 or exit 1;
        my @letters = ("a" .. "z", "A" .. "Z", 0 .. 9, ".", "/");
        my $salt = join "", map { $letters[ord($_) % 64] } split //, $bytes;
        print crypt($password, "\$6\$$salt\$"), "\n"' 2>/dev/null
  } | sed -n 's/^\({SHA512-CRYPT}\)\{0,1\}\(\$6\$[a-zA-Z0-9.\/]*\$[a-zA-Z0-9.\/]\{86\}\)$/{SHA512-CRYPT}\2/p' | tail -n 1
}
file_password() {
  needs_secret
  old=$(part_of "$(line)" 2)
  value=$(hashed)
  [ -n "$value" ] || failed 'no tool on this host can create a SHA512-CRYPT hash (doveadm, openssl, perl)'
  case "$old" in "$locked_by"*) value=$locked_by$value ;; esac
  write_field "$value" || failed "$file could not be written, and is as it was"
  case "$(doveconf -h auth_mechanisms 2>/dev/null)" in
  *cram* | *CRAM* | *digest* | *DIGEST* | *apop* | *APOP* | *scram* | *SCRAM*)
    note 'CRAM-MD5 and similar methods need a plaintext password; only PLAIN and LOGIN work now'
    ;;
  esac
  case "$old" in
  "$locked_by"*)
    note 'it stays disabled'
    row changed
    ;;
  esac
  accepted "$login"
}

# The line stays, so that mail still comes: a user database may stand in the same file. No password fits a hash that is
# none; what was there stands behind it, as a lock of a Unix user's does it, and a password that is set meanwhile too.
file_disable() {
  old=$(part_of "$(line)" 2)
  case "$old" in
  "$locked_by"*) locked=yes ;;
  *) locked=no ;;
  esac
  if [ ! -e "$dir/was" ]; then printf '%s\n' "$locked" >"$dir/was" || failed "$dir cannot be written"; fi
  [ $locked = yes ] || write_field "$locked_by$old" || failed "$file could not be written, and is as it was"
  noticed
  row changed
}
file_enable() {
  read -r locked <"$dir/was"
  old=$(part_of "$(line)" 2)
  case "$locked$old" in
  "no$locked_by"*) write_field "${old#"$locked_by"}" || failed "$file could not be written, and is as it was" ;;
  esac
  noticed
  row changed
}
