names="$names $(doveconf -h log_path info_log_path 2>/dev/null | tr '\n' ' ')"
logins="$logins|(imap|pop3|managesieve|submission)-login: (Info: )?(Login: user=<|Logged in: user=<|(Disconnected|Aborted login|Login failed|Login aborted)[^<]*[(]auth failed, )"
