names='/var/log/mail.log /var/log/maillog'
pattern='(sendmail|sm-)[^ ]*: ([0-9A-Za-x]+: (from=|to=|clone |[0-9A-Za-x]+: [A-Za-z ]+: Cannot send message)|AUTH=server, )'
logins='(sendmail|sm-)[^ ]*: (AUTH=server, |[0-9A-Za-x]+: from=.*, proto=|([0-9A-Za-z]+: )?AUTH failure )'
