# Whose account it is: a Unix user's, or that of a line in a file of Dovecot's.
login=${login:-$account}
case "$login" in . | .. | */*) failed 'it would not have a folder of its own' ;; esac
set -f

# entry NAME: its line of the users. A number would be taken for a user id.
entry() { { getent passwd "$1" 2>/dev/null || cat /etc/passwd; } | awk -F: -v name="$1" '$1 == name { print; exit }'; }
# part_of LINE NUMBER: a field of a line.
part_of() { printf '%s\n' "$1" | cut -d: -f"$2"; }

# find_file: $file is the file of passwords with a line of this login, $second another one; $unread one whose name is not
# known.
find_file() {
  file=
  second=
  unread=
  for path in $(password_files); do
    case "$path" in
    *%*) unread=$path ;;
    *)
      awk -F: -v name="$login" '
        $1 == name && NF > 1 { found = 1; exit }
        END { exit !found }' "$path" 2>/dev/null || continue
      # What is renamed into place would stand instead of a link.
      path=$(readlink -f "$path")
      case "$file" in
      '' | "$path") file=$path ;;
      *) second=$path ;;
      esac
      ;;
    esac
  done
}
# elsewhere NAME: where another password of that name stands, which would go on to be good. A Postfix that asks Dovecot asks
# no database of SASL's.
elsewhere() {
  case "$(postconf -h smtpd_sasl_type 2>/dev/null)" in dovecot) ;; *) sasl_listed "$1" ;; esac
  for rc in /etc/courier/authdaemonrc /etc/authlib/authdaemonrc; do
    sed -n 's/^authmodulelist="\(.*\)"/\1/p' "$rc" 2>/dev/null | grep -v 'auth\(pam\|shadow\|pwd\)' | sed 's/.*/Courier (&)/'
  done
}
sasl_listed() {
  if sasldblistusers2 2>/dev/null | awk -v name="$1" '
    { sub(/:.*/, ""); local_part = $0; sub(/@.*/, "", local_part) }
    $0 == name || local_part == name { found = 1 }
    END { exit !found }'; then
    echo "SASL's own database"
  fi
}
# only_here PLACE: refuses an account that has another password there.
only_here() { [ -z "$1" ] || failed "it has another password in $1, which fleet does not change"; }
# known: $kind is unix or file; ends where it is neither, or what must not be touched.
known() {
  user=$(entry "$login")
  find_file
  case "${user:+unix}${file:+file}" in
  unixfile) failed "it is a Unix user and is also listed in $file" ;;
  unix)
    kind=unix
    uid=$(part_of "$user" 3)
    # The rule of users.sh: below stand root and the services.
    if [ "$uid" -lt "$first" ] || [ "$uid" = 65534 ] || [ "$uid" = 4294967294 ]; then failed 'system account'; fi
    only_here "$(elsewhere "$login" | head -n 1)"
    ;;
  file)
    kind=file
    only_here "$second"
    # Courier's configuration may be a left-over where Dovecot has the account.
    only_here "$(elsewhere "$login" | sed -n '/^SASL/p')"
    ;;
  *)
    leads=$(postmap -q "$login" "$(postconf -h virtual_alias_maps 2>/dev/null | tr ',' ' ' | awk '{ print $1 }')" 2>/dev/null)
    [ -z "$leads" ] || failed "it is an alias for $leads"
    [ -z "$unread" ] || failed "passwords in $unread are not read"
    beside=$(elsewhere "$login" | head -n 1)
    [ -z "$beside" ] || failed "its password is stored in $beside, which fleet does not change"
    ! doveadm user "$login" >/dev/null 2>&1 || failed 'Dovecot knows it, but where its password is stored is unknown'
    row gone
    ;;
  esac
}
