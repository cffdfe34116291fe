# Who is switched off and when mail came last: off<TAB>ADDRESS, delivery<TAB>ADDRESS<TAB>SECONDS, unknown<TAB>REASON,
# then done.

# Rows are `| address | flags | password |`: A is a disabled account, D a disabled domain, E an encrypted password.
{ auth_view 2>/dev/null; echo "end=$?"; } | awk -F'|' '
  function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
  /^end=[0-9]+$/ { if ($0 != "end=0") print "unknown\twho is disabled: mail_auth_view did not answer"; next }
  NF >= 5 && trim($2) ~ /^[^ \t]+@[^ \t]+$/ && trim($3) ~ /^[ADE, ]*[AD][ADE, ]*$/ { print "off\t" trim($2) }'

boxes=$(awk '$1 == "PLESK_MAILNAMES_D" { print $2; exit }' /etc/psa/psa.conf 2>/dev/null)
[ -n "$boxes" ] || boxes=/var/qmail/mailnames
# DOMAIN/LOCAL/Maildir/new; nothing below is read.
find "$boxes" -mindepth 4 -maxdepth 4 -type d -path '*/Maildir/*' \( -name new -o -name cur \) \
  -printf '%T@/%P\n' 2>/dev/null |
  awk -F/ 'NF == 5 { print "delivery\t" $3 "@" $2 "\t" $1; n++ }
    END { if (!n) print "unknown\twhen mail came: no mailbox was found" }'
echo done
