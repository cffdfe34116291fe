# The spool of the default instance, which is the one that postsuper works on. Mail comes and goes between its folders
# while they are looked at, and most of it by `active`: that one is looked at twice.
shape='^([0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10,20}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{1,19})$'
queues='maildrop incoming active deferred active hold'
others=$(postconf -h multi_instance_directories 2>/dev/null)
spool=$(postconf -h queue_directory 2>/dev/null)
spool=${spool:-/var/spool/postfix}
cd "$spool" || exit 1

# those FOLDERS FIELD: a field of $before in these folders, which are a regular expression
those() { printf '%s\n' "$before" | awk -F"$tab" -v at="^($1)\$" -v n="$2" '$2 ~ at { print $n }' | sort -u; }

# super OPTION..: runs postsuper, whose status says nothing, and notes what it warns of. It says a line for each message,
# and all are read: it must not end by a closed pipe.
super() {
  postsuper "$@" 2>&1 | awk '/: (warning|fatal|error|panic): / && !/QUEUE FILE NAMES WERE CHANGED/ && n++ < 5'
  [ -z "$others" ] || printf 'other instances of Postfix were left alone: %s\n' "$others"
}
