#!/bin/sh
# Makes each target's first inputs, in corpus/, of the captures that the tests use, and its dictionary, in
# dictionaries/, of the words that the parsers look for.
set -eu
cd "$(dirname "$0")"
captures=../tests/captures

# seed TARGET NAME: standard input becomes an input.
seed() {
  mkdir -p "corpus/$1"
  cat >"corpus/$1/$2"
}

# words TARGET FILE..: the texts in quotes, without those that hold an escape.
words() {
  target=$1
  shift
  # The pipe below would hide that a file has moved.
  for file in "$@"; do
    [ -r "$file" ] || { echo "seeds.sh: $file is not there" >&2; exit 1; }
  done
  mkdir -p dictionaries
  cat "$@" | grep -o '"[^"\\]*"' | awk 'length > 3 && length < 40 && !seen[$0]++' | LC_ALL=C grep -v '[^ -~]' \
    >"dictionaries/$target"
  # Numbers at the edges of what holds one.
  printf '"%s"\n' 4294967295 4294967296 -2147483648 9223372036854775807 -9223372036854775808 18446744073709551615 \
    99999999999999999999 >>"dictionaries/$target"
}

both() { printf '%%%%\n'; }

for log in postfix-rfc3339.log postfix-bsd.log postfix-in-flight.log; do seed postfix_log "$log" <"$captures/$log"; done
for log in mainlog mainlog-all rejectlog; do seed exim_log "$log" <"$captures/exim/$log"; done
for log in bsd.log auth.log; do seed sendmail_log "$log" <"$captures/sendmail/$log"; done
for log in syslog.log restart.log; do seed qmail_log "$log" <"$captures/qmail/$log"; done
for mta in postfix exim sendmail qmail; do
  for log in "corpus/${mta}_log/"*.log "corpus/${mta}_log/"mainlog; do
    [ -f "$log" ] || continue
    {
      printf '== 4711 1795489000 /var/log/mail.log\nfirst '
      head -n 1 "$log"
      cat "$log"
      printf 'skip\t/var/log/mail.log.1\tit cannot be read\nchanged\nend\n'
    } >"corpus/${mta}_log/gathered"
    {
      printf '%s' "$mta" | cut -c 1 | tr -d '\n'
      cat "corpus/${mta}_log/gathered"
      both
      printf 'dovecot\ninfo@example.jp\timap\n'
    } | seed logins "$mta"
  done
  words "${mta}_log" ../src/mail/log/*.rs ../src/mail/mta/$mta/log/*.rs
done
{ printf 'p'; cat "$captures/courier/courier.log"; } | seed logins courier
{
  printf 'p'
  tail='user=<info@example.jp>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=365, session=<TPbHCfxgFuh/AAAB>'
  for head in 'imap-login: Login' 'pop3-login: Logged in' \
    'managesieve-login: Login failed: x (auth failed, 2 attempts)' \
    'imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 10 secs)' \
    'pop3-login: Aborted login (auth failed, 3 attempts)'; do
    printf '2026-11-24T01:57:52.394017+00:00 mx1 dovecot: %s: %s\n' "$head" "$tail"
    printf 'Nov 24 01:57:52 mx1 dovecot: %s: %s\n' "$head" "$tail"
  done
  printf 'Nov 24 01:57:52 imap-login: Info: Login: %s\nend\n' "$tail"
} | seed logins dovecot
words logins ../src/mail/imap/*/*.rs ../src/mail/log/syslog.rs ../src/mail/mta/*/log/event.rs \
  ../src/mail/mta/*/log/login.rs

for list in postqueue-j.txt postqueue-p.txt postqueue-p-long.txt postqueue-p-marks.txt; do
  {
    printf 'p'
    cat "$captures/$list"
    case "$list" in *-j*) echo 'end=json rc=0' ;; *) echo 'end=text rc=0' ;; esac
    both
    printf 'count\tdeferred\t2\ncount\thold\t3\nlogin\t4jYQwX63t0z1Vc5c\tinfo@example.jp\t192.0.2.1\nrefused\tx\nend\n'
  } | seed queue "$list"
done
for list in bp.txt bp-frozen.txt bp-delivered.txt; do
  {
    printf 'e'
    cat "$captures/exim/$list"
    echo 'end=0'
    both
    printf 'file\t1xVg1Y-00000z-39\t1795486368\tinfo@example.jp\t[127.0.0.1]:49368\nsampled\t2\nend\n'
  } | seed queue "$list"
done
{
  printf 'sto\t<a@b.jp>\nmsg\t6AO8Mn6N000001\tdeferred\t1795488569\t9\t<a@b>\tinfo\tESMTP\tx [192.0.2.1]\tM\n'
  printf 'msg\t6AO8Mn6N000002\tclient\t1795488569\t9\t<a@b>\t\tESMTPA\tx [IPv6:2001:db8::1]\t\nmore\t5\n'
  printf 'told\tmta\t2\ncount\tmta\t1\t2\nend\n'
  both
  cat corpus/sendmail_log/gathered
} | seed queue sendmail
{
  printf 'q'
  cat "$captures/qmail/qread.txt"
  printf 'told\t2\nend\t0\n'
  both
  printf 'head\t10504131\tnetwork\tinfo@example.jp\t203.0.113.9\nhead\t10504133\tuid\t\t\nto\ta@b.jp\n'
  printf 'todo\t10504135\t1795488569\t233\tinfo@example.jp\nunlisted\t1\nmore\t3\nend\n'
} | seed queue qmail
words queue ../src/mail/mta/*/*.rs

for list in mail-list.txt mail-list-ja.txt mail-list.json mail_auth_view.txt; do
  { printf 'p'; cat "$captures/plesk/$list"; } | seed accounts "$list"
done
{
  printf 'pmailname\tinfo@example.jp\nmailname\told@example.jp\nalias\tcontact@example.jp\nend=0\n'
  printf 'delivery\tinfo@example.jp\t1795487362.1234\noff\told@example.jp\nunknown\tx\ndone\n'
  both
  printf 'mail\tinfo@example.jp\ttrue\tfalse\nmail\told@example.jp\tfalse\ttrue\nalias\tb@example.jp\tinfo@example.jp\n'
  printf 'forward\told@example.jp\tx@out.example, y@out.example\nautoreply\tinfo@example.jp\t1\nend\n'
} | seed accounts plesk
{
  printf 'vuser\nUnix username\tinfo.example\nEmail address\tinfo@example.jp\n'
  printf 'Extra addresses\ta@example.jp b@example.jp\n'
  printf 'Disabled\tYes\nAutoreply\tx\nForward mail to\ty@out.example\nLast logins\tIMAP 2026/11/24 11:20\nend\t0\n'
  both
  printf 'alias\tall@example.jp\tinfo@example.jp\nautoreply\tall@example.jp\nreason\tx\nend\t0\n'
  both
  printf 'user\tinfo.example\nuser\talice\noff\tweb.shop\nalias\tbyhand@example.jp\talice\nend\n'
  printf 'delivery\tinfo.example\t1795487362\ndone\n'
} | seed accounts virtualmin
{
  printf 'wuser\talice\ndovecot\tinfo@example.jp\nvirtual\tall@example.jp\nalias\troot\talice\nvirtuser\tc@d.jp\tx\n'
  printf 'note\tx\nunknown\ty\noff\talice\nend\n'
  printf 'login\talice\t1795487000\nforward\talice\ta@b.jp\nautoreply\talice\ndone\n'
} | seed accounts webmin
words accounts ../src/mail/panel/*/*.rs ../src/mail/panel/virtualmin/accounts/*.rs ../src/mail/account/*.rs

{
  cat "$captures/facts-plesk-postfix.txt"
  both
  printf 'Nov 24 01:57:35 mx1\n2026-11-24T01:57:35.466203+09:00 mx1\n2026-11-24 02:12:48.123 +0000 x\n'
} | seed facts plesk
printf 'uid=0\nnow=1795487362\noffset=-0330\nos_redhat=CentOS release 5.11 (Final)\nfound=mta exim 1 4.96\nend=1\n' |
  seed facts centos
words facts ../src/mail/detect/mod.rs ../src/host/time.rs ../src/mail/mta/*/mod.rs ../src/mail/panel/*/mod.rs

mark=abababababababababababababababab
printf '\007motd\n\n%s B 0 77\nhello\n\n%s E 0 0\n\n%s B 1 78\n\n%s E 1 -1\ntail' $mark $mark $mark $mark |
  seed ssh session
{
  # shellcheck disable=SC2016
  printf '\040[ "$FLEET_N" = %s ] && /bin/sh\nprintf B\n# part x\nIFS= read -r a <&4\nexec 4<&-\necho hi\n' $mark
  printf '%s.s\ndata\n%s.d\nfleet_rc=$?\n' $mark $mark
} | seed ssh layout
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ'
{
  printf 'kmx1.example.jp,192.0.2.1 %s a comment\n[192.0.2.1]:2222 %s\n@revoked * %s\n' "$key" "$key" "$key"
  printf '@cert-authority *.example.jp,!mx? %s\n# note\n\nmx1.example.jp ssh-rsa AAAA\n' "$key"
  printf '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= %s\n' "$key"
} | seed ssh known_hosts
words ssh ../src/shell/*.rs ../src/ssh/known_hosts/*.rs
printf '"%s B "\n"%s E "\n' $mark $mark >>dictionaries/ssh

for selector in 'all' 'tag:web & !mx7' 'mx[1-3], group:plesk' '(os:debian* | panel:plesk) - web1.example.jp' \
  'net:192.0.2.0/24' 'customer:acme ^ tag:jp' '~mx[0-9]+' 'last:failed' 'file:hosts.txt' '40..50'; do
  printf '%s' "$selector" | seed inventory "$(printf '%s' "$selector" | cksum | cut -d ' ' -f 1)"
done
{ echo all; both; cat ../inventory.example.yaml; } | seed inventory example
{
  echo 'group:web'
  both
  printf '{"_meta": {"hostvars": {"mx1": {"ansible_host": "192.0.2.1", "ansible_port": 22}}}, "web": {"hosts": ["mx1"],'
  printf ' "vars": {"a": 1}, "children": ["x"]}, "all": {"children": ["web", "ungrouped"]}, "x": {"hosts": ["mx2"]}}'
} | seed inventory ansible
words inventory ../src/inventory/*.rs ../src/inventory/selector/*.rs ../inventory.example.yaml

for file in ../playbooks/*.yaml ../tests/playbooks/*.yaml; do
  { cat "$file"; both; cat ../tests/playbooks/parts/part.yaml; } | seed playbook "$(basename "$file")"
done
words playbook ../src/playbook/language/*.rs ../src/playbook/verb/*.rs ../src/playbook/verbs/*.rs ../src/playbook/verbs/*/*.rs

# The same answers of a host that lies: a number that fills its field is as large as one can be.
tab=$(printf '\t')
for target in queue accounts facts logins; do
  for large in 9223372036854775807 18446744073709551615; do
    for file in "corpus/$target"/[a-z]*; do
      # What libFuzzer found has 40 digits for a name.
      case "${file##*/}" in ????????????????????????????????????????* | *.[0-9]*) continue ;; esac
      sed -E "s/([$tab=])[0-9]+($tab|\$)/\\1$large\\2/g; s/([$tab=])[0-9]+($tab|\$)/\\1$large\\2/g" "$file" |
        seed "$target" "$(basename "$file").$large"
    done
  done
done

for file in seeds/geo/*.mmdb; do seed geo "$(basename "$file")" <"$file"; done
words geo ../src/mail/geo/*.rs
{ printf 'p'; cat "$captures/php/mail.log"; both; printf 'user\t33\twww-data\nend\n'; both; printf 'end\n'; } | seed web php
words web ../src/mail/read/web/*.rs ../src/mail/read/web/*.sh
{
  printf 'p'
  printf 'row\tA2CDA9D291A\tdeleted\nrow\tB2CDA9D291B\tfailed\tnot held\nnote\tx\nend\n'
  both
  printf 'act\t0\tdone\t0\nact\t1\trunning\t\nend\n'
  both
  cat "$captures/postfix-queue.json" 2>/dev/null || :
  printf 'end=json rc=0\n'
  both
  printf 'login\tA2CDA9D291A\tinfo@example.jp\t192.0.2.1\nsampled\t1\nend\n'
  both
  cat "$captures/postfix-rfc3339.log"
  printf 'end\n'
  both
  printf 'end\n'
  both
  printf 'end\n'
  both
  printf 'accepted\tyes\tdovecot\nend\n'
} | seed changes postfix
words changes ../src/mail/change/*.rs ../src/mail/read/sessions/*.rs ../src/mail/read/sessions/*.sh ../src/shell/guard.rs
