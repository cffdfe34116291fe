# What Plesk says of the account. Its name in Plesk is in small letters.
name=$(lower "$account")
local_part=${name%@*}
domain=${name##*@}
case "$name" in *@*) ;; *) failed 'Plesk accounts are named by their full address' ;; esac
# Both name folders below.
case "$local_part" in . | .. | */*) failed 'it would not have a folder of its own' ;; esac

# stands: yes, no, or nothing when that cannot be told, in $stands; $info has what is known and secret to nobody. Older
# versions show the password, under a key that may be Japanese: only lines that are known are kept. That an account is not
# there is told by the list, for each version refuses an unknown name in other words.
stands() {
  stands=
  info=$(mail --info "$name" 2>&1)
  rc=$?
  if [ $rc = 0 ]; then
    stands=yes
    info=$(printf '%s\n' "$info" | awk 'tolower($0) ~ /passw/ { next }
      /^(Mailname|Domain|Alias|Mailbox|Mbox quota|Mailgroup|Group member|Redirect|Autoresponders|Outgoing|Description)[^:]*:/')
    return
  fi
  refused=$(why "$info" $rc)
  info=
  if list=$(mail --list 2>/dev/null); then
    stands=$(printf '%s\n' "$list" | awk -v name="$name" '
      { for (i = 1; i <= NF; i++) if (tolower($i) == name) found = 1 }
      END { print found ? "" : "no" }')
  fi
}
# field PATTERN: the value of the first line of $info whose key is like that.
field() { printf '%s\n' "$info" | sed -n "s/^$1[^:]*:[ 	]*//p" | head -n 1; }
there() {
  stands
  case "$stands" in
  no) row gone ;;
  '') failed "$refused" ;;
  esac
}
# succeeded RC TEXT: a command has done it when it says so and ends so.
succeeded() { [ "$1" = 0 ] && printf '%s\n' "$2" | grep '^SUCCESS' >/dev/null; }
# with_password WORDS..: mail with the new password in its environment, which is where Plesk wants it. Without it Plesk
# would set an empty password, and say SUCCESS. In $said and $rc.
with_password() {
  needs_secret
  said=$(
    PSA_PASSWORD=$fleet_secret
    export PSA_PASSWORD
    mail "$@" -passwd '' 2>&1
  )
  rc=$?
}
# mine: of rows ADDRESS<TAB>VALUE the values of this account.
mine() { awk -F'\t' -v name="$name" 'tolower($1) == name { print $2 }'; }
who="CONCAT(m.mail_name,'@',d.name)"
of='JOIN domains d ON m.dom_id=d.id'
