if [ -d /etc/courier ] || running couriertcpd; then
  found imap courier "$(flag running couriertcpd)" ""
fi
