# Kept in $dir: `info` (what Plesk shows), `postbox`, `aliases`, `forwards`, `mail.tar`. Nothing is removed before all of
# it was read back.
needs_dir
there
printf '%s\n' "$info" >"$dir/info" || failed "$dir cannot be written"
# rows SQL: this account's values; fails where the schema does not know the question.
rows() { answer=$(query "$1" 2>/dev/null) && printf '%s\n' "$answer" | mine; }
postbox=$(rows "SELECT $who, m.postbox FROM mail m $of ORDER BY 1") || postbox=
case "$postbox" in true | false) ;; *) failed 'whether it has a mailbox cannot be read' ;; esac
printf '%s\n' "$postbox" >"$dir/postbox"
rows "SELECT $who, a.alias FROM mail_aliases a JOIN mail m ON a.mn_id=m.id $of ORDER BY 1" >"$dir/aliases" ||
  failed 'its aliases cannot be read'
# As in the list of accounts: older versions keep one redirect, later ones a group. One of the two is known.
: >"$dir/forwards"
known=
for sql in "SELECT $who, m.redir_addr FROM mail m $of WHERE m.redirect='true' AND m.redir_addr<>'' ORDER BY 1" \
  "SELECT $who, r.address FROM mail_redir r JOIN mail m ON r.mn_id=m.id $of WHERE m.mail_group='true' ORDER BY 1"; do
  if rows "$sql" >"$dir/forwards.part"; then
    known=yes
    tr ',; ' '\n\n\n' <"$dir/forwards.part" | sed '/^$/d' >>"$dir/forwards"
  fi
done
rm -f "$dir/forwards.part"
[ -n "$known" ] || failed 'its forwards cannot be read'
case "$(field Autoresponders)" in
'' | Disabled*) ;;
*) note 'its autoresponder is not backed up' ;;
esac
if [ -h "$box" ] || [ -h "$boxes/$domain" ]; then failed "$box is a link"; fi
cut_sessions "$name"
if [ -d "$box" ]; then
  lacks=$(keep "$boxes/$domain" "./$local_part")
  [ -z "$lacks" ] || failed "$lacks"
elif [ "$postbox" = true ]; then
  # Mail that lies elsewhere would go unkept.
  failed "its mailbox is not at $box"
fi
for file in info postbox aliases forwards; do [ -f "$dir/$file" ] || failed "$dir/$file was not written"; done
said=$(mail --remove "$name" 2>&1)
removed=$?
cut_sessions "$name"
stands
case "$stands" in
no) ;;
yes) failed "$(why "$said" "$removed")" ;;
*) failed "whether it was removed cannot be determined: $refused" ;;
esac
[ ! -e "$box" ] || note "its folder still exists: $box"
row changed
