# $sendmail: other mail servers bring a command of that name.
sendmail=sendmail
for file in /usr/sbin/sendmail.sendmail /usr/libexec/sendmail/sendmail /usr/sbin/sendmail; do
  if [ -x "$file" ]; then
    sendmail=$file
    break
  fi
done
