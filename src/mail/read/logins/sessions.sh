# Open sessions of Dovecot's users: `dovecot`, then USER<TAB>SERVICE a line. The tab form alone is sound: the JSON of
# 2.3 is broken.
command -v doveadm >/dev/null 2>&1 || exit 0
if sessions=$(doveadm -f tab who -1 2>/dev/null); then
  echo dovecot
  printf '%s\n' "$sessions" | awk 'BEGIN { FS = OFS = "\t" } NR > 1 && NF > 1 { print $1, $2 }'
fi
