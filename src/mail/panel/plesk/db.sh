# Where mail goes besides its mailbox, from Plesk's database; no column here holds a password. Each query stands
# alone, so that one that an old schema refuses does not cost the others. The last line is end.
if command -v plesk >/dev/null 2>&1; then
  query() { plesk db -sNe "$1"; }
elif [ -r /etc/psa/.psa.shadow ]; then
  # The variable keeps the password out of every argument list.
  query() { MYSQL_PWD=$(cat /etc/psa/.psa.shadow) mysql -uadmin psa -sNe "$1"; }
else
  echo 'no plesk command, and /etc/psa/.psa.shadow cannot be read' >&2
  exit 1
fi
ask() {
  rows=$(query "$2" 2>/dev/null) || { printf 'failed\t%s\n' "$1"; return; }
  [ -z "$rows" ] || printf '%s\n' "$rows" | awk -v kind="$1" 'BEGIN { FS = OFS = "\t" } NF > 1 { print kind, $0 }'
}
of='JOIN domains d ON m.dom_id=d.id'
ask mail "SELECT CONCAT(m.mail_name,'@',d.name), m.postbox, m.redirect FROM mail m $of ORDER BY 1"
ask alias "SELECT CONCAT(a.alias,'@',d.name), CONCAT(m.mail_name,'@',d.name) FROM mail_aliases a JOIN mail m ON a.mn_id=m.id $of ORDER BY 1"
ask forward "SELECT CONCAT(m.mail_name,'@',d.name), m.redir_addr FROM mail m $of WHERE m.redirect='true' AND m.redir_addr<>'' ORDER BY 1"
ask group "SELECT CONCAT(m.mail_name,'@',d.name), r.address FROM mail_redir r JOIN mail m ON r.mn_id=m.id $of WHERE m.mail_group='true' ORDER BY 1"
echo end
