# What this host is, as key=value lines; the last is end=1. Reads only.

# A value on one line, without control characters, bounded.
clip() { tr -d '\000-\010\013-\037\177' | tr '\t\n' '  ' | cut -c1-200; }
say() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | clip)"; }
# found KIND NAME ACTIVE VERSION
found() { printf 'found=%s %s %s %s\n' "$1" "$2" "$3" "$(printf '%s' "$4" | clip)"; }
have() { command -v "$1" >/dev/null 2>&1; }
# The names of processes stand between parentheses; /proc/PID/comm is younger than some kernels.
procs=" $(cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/^[0-9]* (\([^)]*\)).*/\1/p' | sort -u | tr '\n' ' ')"
running() { case "$procs" in *" $1 "*) return 0 ;; esac; return 1; }
flag() { if "$@" >/dev/null 2>&1; then echo 1; else echo 0; fi; }

say uid "$(id -u)"
say hostname "$(hostname 2>/dev/null || uname -n)"
now=$(date +%s 2>/dev/null)
case "$now" in '' | *[!0-9]*) now=$(awk 'BEGIN { srand(); print srand() }') ;; esac
say now "$now"
say offset "$(date +%z 2>/dev/null)"
zone=$(readlink /etc/localtime 2>/dev/null | sed -n 's|.*/zoneinfo/||p')
[ -n "$zone" ] || zone=$(head -n 1 /etc/timezone 2>/dev/null)
[ -n "$zone" ] || zone=$(sed -n 's/^ZONE="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/sysconfig/clock 2>/dev/null)
say zone "$zone"

release() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | head -n 1 | tr -d "\"'"; }
say os_id "$(release ID)"
say os_version "$(release VERSION_ID)"
say os_name "$(release PRETTY_NAME)"
say os_redhat "$(head -n 1 /etc/redhat-release 2>/dev/null)"
say os_debian "$(head -n 1 /etc/debian_version 2>/dev/null)"

