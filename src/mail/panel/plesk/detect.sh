plesk_answers() {
  have plesk && return
  for plesk_tool in /usr/local/psa/bin/mail /opt/psa/bin/mail; do
    if [ -x "$plesk_tool" ] || [ -x "$plesk_tool.sh" ]; then return 0; fi
  done
  return 1
}
for plesk in /usr/local/psa/version /opt/psa/version; do
  [ -f "$plesk" ] || continue
  found panel plesk "$(flag plesk_answers)" "$(awk 'NR == 1 { print $1 }' "$plesk" 2>/dev/null)"
  break
done
