# From what delete kept. A try that was broken off has left `restoring`, and is gone on with.
needs_secret
needs_dir
[ -f "$dir/info" ] && [ -f "$dir/postbox" ] || failed 'there is no backup of it here'
postbox=$(head -n 1 "$dir/postbox")
stands
case "$stands" in
yes)
  [ -e "$dir/restoring" ] || failed 'an account with that name exists'
  with_password --update "$name"
  ;;
no)
  : >"$dir/restoring" || failed "$dir cannot be written"
  with_password --create "$name" -mailbox "$postbox"
  ;;
*) failed "$refused" ;;
esac
created=$(why "$said" "$rc")
stands
[ "$stands" = yes ] || failed "$created"
lacks=
# again WHAT WORDS..
again() {
  what=$1
  shift
  said=$(mail --update "$name" "$@" 2>&1)
  succeeded $? "$said" || lacks="$lacks$what: $(why "$said"); "
}
aliases=$(tr '\n' ',' <"$dir/aliases" | sed 's/^,*//; s/,*$//')
[ -z "$aliases" ] || again aliases -aliases "add:$aliases"
forwards=$(tr '\n' ',' <"$dir/forwards" | sed 's/^,*//; s/,*$//')
[ -z "$forwards" ] || again forwards -forwarding true -forwarding-addresses "add:$forwards"
limit=$(sed -n 's/^Outgoing[^:]*:[ 	]*\([0-9][0-9]*\).*/\1/p' "$dir/info" | head -n 1)
[ -z "$limit" ] || again limit -outgoing-messages-mbox-limit "$limit"
if [ -e "$dir/mail.tar" ]; then
  # Root writes through a link to wherever it leads.
  if [ -h "$boxes/$domain" ] || [ -n "$(find "$box" -type l 2>/dev/null | head -n 1)" ]; then failed "$box contains a link"; fi
  put=$(unkeep "$boxes/$domain")
  [ -z "$put" ] || failed "$put"
fi
note "the previous quota and description are in $dir/info"
[ -z "$lacks" ] || failed "${lacks%; }"
rm -f "$dir/restoring"
if [ "$postbox" = false ]; then row changed; fi
accepted "$name"
