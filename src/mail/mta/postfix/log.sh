own=$(postconf -h maillog_file 2>/dev/null)
names="$own /var/log/mail.log /var/log/maillog /usr/local/psa/var/log/maillog /opt/psa/var/log/maillog"
pattern='postfix[^ ]*/[a-z]+[[][0-9]+[]]: [0-9A-Za-z]+: (client=|uid=|message-id=|from=<|to=<|removed$)'
logins='postfix[^ ]*/smtpd[[][0-9]+[]]: ([0-9A-Za-z]+: client=.*sasl_username=|warning: [^ ]*: SASL [^ ]+ authentication failed:)'
