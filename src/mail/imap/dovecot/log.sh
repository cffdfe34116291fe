# A mail server with a log of its own leaves the usual one to the IMAP server.
names="$names /var/log/mail.log /var/log/maillog $(doveconf -h log_path info_log_path 2>/dev/null | tr '\n' ' ')"
logins="$logins|(imap|pop3|managesieve|submission)-login: (Info: )?(Login: user=<|Logged in: user=<|(Disconnected|Aborted login|Login failed|Login aborted)[^<]*[(]auth failed, )"
