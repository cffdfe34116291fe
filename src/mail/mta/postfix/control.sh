# The spool of the default instance, which is the one that postsuper works on.
ask '[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10,20}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{1,19}'
others=$(postconf -h multi_instance_directories 2>/dev/null)
spool=$(postconf -h queue_directory 2>/dev/null)
enter "${spool:-/var/spool/postfix}" hold

# Mail comes and goes between the folders while they are looked at, and most of it by `active`: that one is looked at
# twice.
found() {
  find maildrop incoming active deferred active hold -type f 2>/dev/null |
    sed -n 's,^[a-z]*/\([0-9A-Za-z]*/\)*\([0-9A-Za-z]*\)$,\2 &,p' | mine
}

# states: `ID held|QUEUE`
states() { found | awk -F '[ /]' '{ print $1, $2 == "hold" ? "held" : $2 }'; }

# those STATES: the ids that were in one of them.
those() { printf '%s\n' "$before" | awk -v at="^($1)\$" '$2 ~ at { print $1 }' | sort -u; }

# super OPTION..: runs postsuper, whose status says nothing, and notes what it warns of. It says a line for each message,
# and all are read: it must not end by a closed pipe.
super() {
  postsuper "$@" 2>&1 | awk '/: (warning|fatal|error|panic): / && !/QUEUE FILE NAMES WERE CHANGED/ && n++ < 5'
  [ -z "$others" ] || printf 'other instances of Postfix were left alone: %s\n' "$others"
}
