# Who serves clients, read from /proc.

# Mailbox sessions of a process each: SERVICE<TAB>PID<TAB>LOGIN<TAB>IP. Courier and Dovecot 1 tell a session's process
# whose it is in its environment; Dovecot 2 has doveadm for it.
boxes() {
  procs | while read -r pid name; do
    case "$name" in
    imapd) service=imap own=AUTHENTICATED from=TCPREMOTEIP ;;
    pop3d | courierpop3d) service=pop3 own=AUTHENTICATED from=TCPREMOTEIP ;;
    imap | pop3)
      have doveadm && continue
      service=$name own=USER from=IP
      ;;
    *) continue ;;
    esac
    { tr '\000' '\n' <"/proc/$pid/environ"; } 2>/dev/null | awk -v own="$own=" -v from="$from=" -v service="$service" -v pid="$pid" '
      index($0, own) == 1 { login = substr($0, length(own) + 1) }
      index($0, from) == 1 { ip = substr($0, length(from) + 1) }
      END { if (login != "" && ip != "") print service "\t" pid "\t" login "\t" ip }'
  done
}

# Processes that take mail from a client, and their sockets, each once: PID KIND INODE.
owners() {
  procs | while read -r pid name; do
    case "$name" in
    smtpd) kind=postfix ;;
    exim* | sendmail* | sm-mta* | qmail-smtpd | relaylock* | tcp-env) kind=other ;;
    *) continue ;;
    esac
    ls -l "/proc/$pid/fd" 2>/dev/null | sed -n "s/.* socket:\[\([0-9]*\)\]\$/$pid $kind \1/p"
  done | sort -u
}

# Connections to the ports where clients hand mail in (25, 465, 587) that are established, or that the client has closed
# for its part: LOCAL REMOTE INODE, addresses and ports in the kernel's own hexadecimal.
connections() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "01" || $4 == "08" {
    split($2, local, ":")
    if (local[2] == "0019" || local[2] == "01D1" || local[2] == "024B") print $2, $3, $10
  }'
}
