# Exim names its log files in a list with colons: `%s` stands for main, reject and panic, `%D` and `%M` for a date.
for exim in exim4 exim; do command -v "$exim" >/dev/null 2>&1 && break; done
setting=$("$exim" -bP log_file_path 2>/dev/null | sed -n 's/^log_file_path *= *//p')
own=$(printf '%s\n' "$setting" | tr ':' '\n' | sed -n 's/^ *//; s/ *$//; s/%s/main/; s/%[DM]/*/; /^[/]/p')
# shellcheck disable=SC2086
case "$own,$setting" in
,*syslog*) names='/var/log/mail.log /var/log/maillog' ;;
*)
  names=$(for file in $own; do echo "$file"; done)
  names="$names /var/log/exim4/mainlog /var/log/exim/main.log /var/log/exim/mainlog /var/log/exim_mainlog"
  names="$names /var/spool/exim4/log/mainlog /var/spool/exim/log/mainlog"
  ;;
esac
id='[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+'
pattern=" $id (<=|=>|->|>>|==|[*][*]) | cwd=.* [0-9]+ args: [^ ]+ (-[^Mqb]|-b[msS]|[^-])"
logins=" authenticator failed for .*: 535 Incorrect authentication data| $id <= .* A=[^ ]"
