# Whether it worked is asked of a login: a command that died half-way may have done it, one that says SUCCESS may not.
needs_secret
there
with_password --update "$name"
panel_user=$(query "SELECT $who, m.userId FROM mail m $of ORDER BY 1" 2>/dev/null | mine)
case "$panel_user" in
'' | 0 | NULL) ;;
*) note 'it belongs to a user of the panel, whose own password was not changed' ;;
esac
if succeeded "$rc" "$said"; then
  if [ "$(query "SELECT $who, m.postbox FROM mail m $of ORDER BY 1" 2>/dev/null | mine)" = false ]; then
    note 'it has no mailbox, so it is not used to log in'
    row changed
  fi
  accepted "$name"
fi
case "$(tried "$name")" in
yes)
  note "Plesk did not confirm the change: $(why "$said" "$rc")"
  row changed
  ;;
any) failed 'every password is accepted now' ;;
esac
failed "$(why "$said" "$rc")"
