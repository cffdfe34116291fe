# The folder /var/qmail is no sign: Plesk with Postfix keeps mailboxes there.
if [ -x /var/qmail/bin/qmail-send ] || running qmail-send; then
  found mta qmail "$(flag running qmail-send)" ""
fi
