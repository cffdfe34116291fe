plesk_answers() { have plesk || [ -x /usr/local/psa/bin/mail ] || [ -x /opt/psa/bin/mail ]; }
for plesk in /usr/local/psa/version /opt/psa/version; do
  [ -f "$plesk" ] || continue
  found panel plesk "$(flag plesk_answers)" "$(awk 'NR == 1 { print $1 }' "$plesk" 2>/dev/null)"
  break
done
