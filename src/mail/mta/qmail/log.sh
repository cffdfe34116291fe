# Which users' submissions come from the network: qmail-smtpd's own, and whoever runs it instead.
printf 'network%s\n' "$({
  id -u qmaild
  grep -l 'qmail-smtp[d]' /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ process _; do
    sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$process/status"
  done
} 2>/dev/null | sort -u | awk '$1 > 0 { printf " %d", $1 }')"
# Files of multilog are rotated to names of their own: @TIME.s, @TIME.u.
names=$(echo /var/log/maillog /var/log/mail.log /usr/local/psa/var/log/maillog /opt/psa/var/log/maillog \
  /var/log/qmail/current /var/log/qmail/@*.[su] /var/log/qmail/*/current /var/log/qmail/*/@*.[su] \
  /service/qmail*/log/main/current /service/qmail*/log/main/@*.[su] /var/log/qmail-send/current)
pattern='(^@[0-9a-f]+ |qmail[^ ]*: [0-9.]+ )(((new|info|bounce|end) msg|starting delivery|delivery) [0-9]+)'
logins='smtp_auth[^ ]*: (smtp_auth: )?(SMTP user|FAILED:) '
