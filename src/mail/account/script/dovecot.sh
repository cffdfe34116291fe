# Dovecot, in the words of every version. Names of processes stand between parentheses in stat; /proc/PID/comm is younger
# than some kernels.
procs() { cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/^\([0-9]*\) (\([^ )]*\)).*/\1 \2/p'; }
have() { command -v "$1" >/dev/null 2>&1; }
dovecot_runs() { procs | grep ' dovecot$' >/dev/null; }

# forget LOGIN..: its cache would go on to take the old password, and to know who is gone. What it says of its entries means
# nothing. A doveadm before 2.2 cannot; where there is a cache, HUP empties it, and $emptied is set; where there is none, HUP
# may end the process.
forget() {
  if have doveadm && doveadm auth cache flush "$@" </dev/null >/dev/null 2>&1; then return 0; fi
  case "$({ doveconf -h auth_cache_size || dovecot -n | sed -n 's/^auth_cache_size[:=] *//p'; } 2>/dev/null | tail -n 1)" in
  [1-9]*) ;;
  *) return 0 ;;
  esac
  for pid in $(procs | sed -n -e 's/^\([0-9]*\) auth$/\1/p' -e 's/^\([0-9]*\) dovecot-auth$/\1/p'); do
    kill -HUP "$pid" 2>/dev/null && emptied=1
  done
}
# dovecot_says LOGIN: what it says to the password that comes by standard input: yes, no, or why that is not known. Before
# 2.2 there is no word for what to do with it, and `test` would be the login.
dovecot_says() {
  case "$(doveadm auth </dev/null 2>&1)" in *test*) set -- test "$1" ;; esac
  text=$(doveadm auth "$@" 2>&1)
  rc=$?
  case "$rc,$text" in
  0,*succeeded*) echo yes ;;
  77,* | *'auth failed'*) echo no ;;
  0,*) echo 'doveadm auth said nothing that is known' ;;
  *) echo "doveadm auth exited with status $rc" ;;
  esac
}
