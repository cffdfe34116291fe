# How many messages an hour the account may send by the panel's own limit; 0 is none. It binds logins, not scripts.
case "${limit:-}" in
default) ;;
'' | *[!0-9]*) failed 'it is not a valid limit' ;;
esac
shown() { field Outgoing | awk '{ print tolower($1) }'; }
there
before=$(shown)
note "the limit before: ${before:-not shown}"
# While the server does not count, a limit is written down and stops nobody.
counts=$(mailserver --info 2>/dev/null | awk -F: 'tolower($1) ~ /outgoing.*(spam|control|limit)/ { print tolower($2); exit }')
case "$counts" in
*false* | *off* | *disabled* | *no)
  [ "$limit" = default ] ||
    failed 'outgoing mail limits are disabled (plesk bin mailserver --enable-outgoing-antispam)'
  ;;
'') note 'whether outgoing mail limits are enabled cannot be read' ;;
esac
said=$(mail --update "$name" -outgoing-messages-mbox-limit "$limit" 2>&1)
limit_rc=$?
there
now=$(shown)
[ "$now" != "$limit" ] || row changed
if succeeded "$limit_rc" "$said"; then
  # It says that it was done, and this version does not show the limit.
  if [ -z "$now" ]; then
    [ "$limit" = default ] || note 'the panel does not show the limit'
    row changed
  fi
  failed "the limit is $now"
fi
case "$said" in
*[Uu]nrecognized* | *[Uu]nknown\ option*) failed 'this Plesk has no outgoing mail limits (12.0 and later do)' ;;
esac
failed "$(why "$said" "$limit_rc")"
