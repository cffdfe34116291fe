# How Plesk is asked: by its plesk command, or by each tool's own path where there is none (12.5 and older).
psa=/usr/local/psa
[ -d "$psa" ] || psa=/opt/psa
if command -v plesk >/dev/null 2>&1; then
  mail() { plesk bin mail "$@"; }
  mailserver() { plesk bin mailserver "$@"; }
  query() { plesk db -sNe "$1"; }
  auth_view() { plesk sbin mail_auth_view; }
else
  # utility NAME WORDS..
  utility() {
    for tool in "$psa/bin/$1" "$psa/bin/$1.sh"; do
      [ ! -x "$tool" ] || { shift; "$tool" "$@"; return; }
    done
    echo "no plesk command and no $1 utility was found" >&2
    return 1
  }
  mail() { utility mail "$@"; }
  mailserver() { utility mailserver "$@"; }
  # The variable keeps the password out of every argument list.
  query() { MYSQL_PWD=$(cat /etc/psa/.psa.shadow) mysql -uadmin psa -sNe "$1"; }
  auth_view() { PATH=$psa/admin/sbin:$psa/admin/bin:$PATH mail_auth_view; }
fi
