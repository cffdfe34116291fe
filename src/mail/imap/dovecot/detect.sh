if have dovecot || running dovecot; then
  found imap dovecot "$(flag running dovecot)" "$(dovecot --version 2>/dev/null | head -n 1)"
fi
