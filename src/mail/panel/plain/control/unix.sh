# A Unix user's password and its locks, read again after each change. A hash is only ever compared.
shadow() { { getent shadow "$login" 2>/dev/null || cat /etc/shadow; } | awk -F: -v name="$login" '$1 == name { print; exit }'; }
its_hash() { part_of "$(shadow)" 2; }
expires() { part_of "$(shadow)" 8; }
# chpasswd goes on after a line that it refuses, so it gets one user only. In $said.
give_password() {
  needs_secret
  said=$(printf '%s:%s\n' "$login" "$fleet_secret" | chpasswd 2>&1)
}
unix_password() {
  before=$(its_hash)
  case "$before" in
  '!' | '!!' | '*' | '!*' | '!!*') failed 'it has no password, so password login is not possible' ;;
  esac
  give_password
  # A new password opens what was locked.
  case "$before" in '!'*) usermod -L "$login" 2>/dev/null ;; esac
  after=$(its_hash)
  [ "$after" != "$before" ] && [ -n "$after" ] || failed "$(why "$said")"
  case "$before" in
  '!'*)
    case "$after" in '!'*) ;; *) failed 'its password is new, and it is no longer locked' ;; esac
    note 'it stays disabled'
    row changed
    ;;
  esac
  accepted "$login"
}

# The lock of the password leaves logins by key, cron and what else asks no password; the end of the account, long ago,
# closes those too. Not day 0: some take that for no end.
unix_disable() {
  before=$(shadow)
  if [ ! -e "$dir/was" ]; then
    case "$(part_of "$before" 2)" in '!'*) locked=yes ;; *) locked=no ;; esac
    printf '%s\n%s\n' "$locked" "$(part_of "$before" 8)" >"$dir/was" || failed "$dir cannot be written"
  fi
  said=$(usermod -L "$login" 2>&1; chage -E 1 "$login" 2>&1)
  case "$(its_hash)" in '!'*) ;; *) failed "$(why "$said")" ;; esac
  [ "$(expires)" = 1 ] || failed "$(why "$said")"
  forget "$login"
  row changed
}
unix_enable() {
  { read -r locked && read -r ends; } <"$dir/was"
  case "$ends" in *[!0-9]*) failed 'the backup cannot be read' ;; esac
  said=$(chage -E "${ends:--1}" "$login" 2>&1; [ "$locked" = yes ] || usermod -U "$login" 2>&1)
  forget "$login"
  case "$locked$(its_hash)" in 'no!'*) failed "$(why "$said")" ;; esac
  # Some write down that there is no end.
  case "$ends:$(expires)" in "$ends:$ends" | :-1) row changed ;; esac
  failed "$(why "$said")"
}
