boxes=$(awk '$1 == "PLESK_MAILNAMES_D" { print $2; exit }' /etc/psa/psa.conf 2>/dev/null)
[ -n "$boxes" ] || boxes=/var/qmail/mailnames
box=$boxes/$domain/$local_part
