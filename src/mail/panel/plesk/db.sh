# What Plesk's database knows of accounts and where their mail goes; no column here holds a password. Each question
# stands alone, so that one that an old schema refuses does not cost the others. The last line is end.
if ! command -v plesk >/dev/null 2>&1 && [ ! -r /etc/psa/.psa.shadow ]; then
  echo 'no plesk command, and /etc/psa/.psa.shadow cannot be read' >&2
  exit 1
fi
# ask KIND QUERY..: the rows of the first query that the schema knows.
ask() {
  kind=$1
  shift
  for sql do
    rows=$(query "$sql" 2>/dev/null) || continue
    [ -z "$rows" ] || printf '%s\n' "$rows" | awk -v kind="$kind" 'BEGIN { FS = OFS = "\t" } NF > 1 { print kind, $0 }'
    return
  done
  printf 'failed\t%s\n' "$kind"
}
who="CONCAT(m.mail_name,'@',d.name)"
of='JOIN domains d ON m.dom_id=d.id'
ask mail "SELECT $who, m.postbox, m.redirect FROM mail m $of ORDER BY 1" \
  "SELECT $who, m.postbox FROM mail m $of ORDER BY 1"
ask alias "SELECT CONCAT(a.alias,'@',d.name), $who FROM mail_aliases a JOIN mail m ON a.mn_id=m.id $of ORDER BY 1"
ask forward "SELECT $who, m.redir_addr FROM mail m $of WHERE m.redirect='true' AND m.redir_addr<>'' ORDER BY 1"
ask group "SELECT $who, r.address FROM mail_redir r JOIN mail m ON r.mn_id=m.id $of
  WHERE m.mail_group='true' ORDER BY 1"
ask autoreply "SELECT $who, m.autoresponder FROM mail m $of WHERE m.autoresponder='true' ORDER BY 1" \
  "SELECT $who, r.mn_id FROM mail_resp r JOIN mail m ON r.mn_id=m.id $of ORDER BY 1"
ask off "SELECT $who, d.status FROM mail m $of WHERE d.status<>'0' ORDER BY 1"
echo end
