# Mail is kept as one archive in $dir, which has its name once it was read back and compared.

# compared ARCHIVE PATH..: whether the archive has all that is below these paths of this folder, as it is. Says what
# differs. tar looks only at what the archive has; what came since has to be counted.
compared() {
  archive=$1
  shift
  tar -df "$archive" "$@" 2>&1 || return 1
  [ "$(find "$@" ! -type s -print0 2>/dev/null | tr -dc '\000' | wc -c)" -eq "$(tar -tf "$archive" "$@" 2>/dev/null | wc -l)" ] && return 0
  echo 'mail came meanwhile'
  return 1
}

# keep BASE PATH..: keeps ./PATH below BASE. Says why it is not kept; nothing when it is. What an earlier try kept may be all
# that there is of what went in it: it stays as mail.tar.N, and comes back first.
keep() {
  if [ -e "$dir/mail.tar" ]; then
    earlier=1
    while [ -e "$dir/mail.tar.$earlier" ]; do earlier=$((earlier + 1)); done
    mv "$dir/mail.tar" "$dir/mail.tar.$earlier" || { echo "what is kept in $dir cannot be put aside"; return; }
  fi
  # One half is for the archive, the other for a host that must go on.
  archived 2 "$@"
}

# archived TIMES BASE PATH..: makes mail.tar, where there is room for so many times what it is made of.
archived() {
  times=$1 base=$2
  shift 2
  for path do
    under=${base%/}/${path#./}
    if awk -v under="$under/" 'index($2 "/", under) == 1 { found = 1 } END { exit !found }' /proc/mounts 2>/dev/null; then
      echo "something is mounted below $under"
      return
    fi
  done
  size=$(cd "$base" && du -sk "$@" 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')
  free=$(df -Pk "$dir" 2>/dev/null | awk 'NR == 2 { print $4 }')
  case "$free" in '' | *[!0-9]*) echo "the free space of $dir cannot be read"; return ;; esac
  if [ "$free" -lt $((size * times)) ]; then
    echo "not enough space in $dir: $free KB free, $times times $size KB needed"
    return
  fi
  rm -f "$dir/mail.tar.part"
  # Mail that comes meanwhile makes a difference; then once more.
  for attempt in 1 2 3; do
    differs=$(cd "$base" && tar --one-file-system --numeric-owner -cf "$dir/mail.tar.part" "$@" 2>&1)
    # 1 is only a file that changed while it was read; what it is now is compared.
    [ $? -le 1 ] || break
    if differs=$(cd "$base" && compared "$dir/mail.tar.part" "$@"); then
      mv "$dir/mail.tar.part" "$dir/mail.tar"
      return
    fi
    sleep 1
  done
  rm -f "$dir/mail.tar.part"
  echo "its mail could not be kept: $(why "$differs")"
}

# keep_late BASE PATH..: the same once nobody delivers there any more, where something came after the copy was made.
keep_late() { (cd "$1" && shift && compared "$dir/mail.tar" "$@") >/dev/null 2>&1 || archived 1 "$@"; }

# unkeep BASE: puts what was kept back below BASE, with its owners. Says why not.
unkeep() {
  for archive in "$dir"/mail.tar.[0-9]* "$dir/mail.tar"; do
    [ -e "$archive" ] && cd "$1" || continue
    differs=$(tar --numeric-owner -xpf "$archive" 2>&1 && tar -df "$archive" 2>&1) ||
      echo "its mail could not be put back: $(why "$differs")"
  done
}
