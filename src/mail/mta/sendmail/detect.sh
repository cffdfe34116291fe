# Every mail server brings a command named sendmail, and Postfix's runs for a moment at each submission:
# only these are Sendmail.
for sendmail in /usr/sbin/sendmail.sendmail /usr/libexec/sendmail/sendmail; do
  [ -x "$sendmail" ] || continue
  sendmail_runs() { running sendmail || running sendmail-mta; }
  found mta sendmail "$(flag sendmail_runs)" "$("$sendmail" -d0.1 -bt </dev/null 2>/dev/null | sed -n 's/^Version //p' | head -n 1)"
  break
done
