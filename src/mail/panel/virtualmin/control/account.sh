# Which of Virtualmin's users the account is. find_user: $ours is yes, no, or nothing when that cannot be told ($refused);
# $found has KEY<TAB>VALUE of the keys named below, and passwords are none of them.
find_user() {
  ours=
  found=$(listing list-users --all-domains --multiline --include-owner 2>/dev/null | awk -v account="$(lower "$account")" '
    function flush(  i, extra) {
      if (tolower(value["Email address"]) == account || tolower(value["Unix username"]) == account) { if (!mine) mine = text }
      else {
        n = split(tolower(value["Extra addresses"]), extra, " ")
        for (i = 1; i <= n; i++) if (extra[i] == account) alias = value["Unix username"]
      }
      text = ""
      split("", value)
    }
    BEGIN {
      n = split("User,Domain,Unix username,Real name,Disabled,Home directory,User type,Email address,Extra addresses,Forward mail to", name, ",")
      for (i = 1; i <= n; i++) wanted[name[i]] = 1
    }
    { sub(/\r$/, "") }
    /^end=[0-9]+$/ { rc = substr($0, 5); next }
    /^[^ \t]/ { flush(); if (first == "") first = $0; next }
    /^    [A-Z][a-zA-Z ]*: / {
      at = index($0, ": "); key = substr($0, 5, at - 5)
      if (!(key in wanted)) next
      if (!(key in value)) value[key] = substr($0, at + 2)
      text = text key "\t" substr($0, at + 2) "\n"
    }
    END {
      flush()
      if (rc != "0") print "refused\t" first
      else if (mine) printf "%s", mine
      else if (alias) print "alias\t" alias
    }')
  case "$found" in
  refused*) refused=$(why "${found#*"$tab"}") ;;
  '') ours=no ;;
  alias*) failed "it is an alias of ${found#*"$tab"}" ;;
  *)
    ours=yes
    short=$(value User)
    domain=$(value Domain)
    login=$(value 'Unix username')
    home=$(value 'Home directory')
    ;;
  esac
}
# value KEY: the first of that key; values KEY: all.
values() { printf '%s\n' "$found" | awk -F'\t' -v key="$1" '$1 == key { print $2 }'; }
value() { values "$1" | head -n 1; }
# as_user COMMAND WORDS..: a command about this user; its complaints stand on standard output, before the usage.
as_user() {
  command=$1
  shift
  ask "$command" --domain "$domain" --user "$short" "$@" 2>&1
}
# begins: the account must be one of Virtualmin's own, or the system's (then what follows is for that one).
begins() {
  find_user
  [ -n "$ours" ] || failed "virtualmin list-users: $refused"
  if [ "$ours" = yes ] && [ "$(value 'User type')" = 'Server owner' ]; then
    failed 'it is the owner of a virtual server'
  fi
  if [ "$ours" = yes ]; then
    only_here "$(elsewhere "$login" | head -n 1)"
    only_here "$(elsewhere "$account" | head -n 1)"
  fi
}
# new_password: the new one, and the lock as it was. In $said. Versions without --passfile would want the password on
# an argument list; there the system sets it, which is where logins look.
new_password() {
  needs_secret
  before=$(its_hash)
  lock=
  case "$(value Disabled)" in Yes*) lock=--disable ;; esac
  said=$(printf '%s\n' "$fleet_secret" | as_user modify-user --passfile /dev/stdin $lock)
  [ "$(its_hash)" = "$before" ] || return 0
  case "$said" in
  *'Unknown parameter --passfile'*) ;;
  *--passfile*) return 0 ;;
  *'Modifies a mail'*) ;;
  *) return 0 ;;
  esac
  give_password
  [ -z "$lock" ] || usermod -L "$login" 2>/dev/null
  note 'this Virtualmin accepts passwords only as an argument: the system has the new one, its own copy is the old one'
}
