# believed LOGIN PASSWORD: what Dovecot says to that password: yes, no, or nothing where it cannot be asked.
believed() {
  command -v doveadm >/dev/null 2>&1 || return 0
  case "$(printf '%s\n' "$2" | dovecot_says "$1")" in yes) echo yes ;; no) echo no ;; esac
}
# tried LOGIN: what Dovecot says to the new password: yes, no, any (it takes every password), or nothing.
tried() {
  forget "$1"
  for attempt in 1 2 3; do
    believes=$(believed "$1" "$fleet_secret")
    [ "$believes" = no ] || break
    # A file of passwords is looked at once in a second at most.
    [ $attempt = 3 ] || sleep 1
  done
  if [ "$believes" = yes ] && [ "$(believed "$1" "fleet: not the password")" = yes ]; then believes=any; fi
  printf '%s\n' "$believes"
}
# accepted LOGIN: the end of a new password that its keeper says it has. Whoever is switched off ($off is yes) is refused
# whatever the password is.
accepted() {
  case "$(tried "$1")" in
  yes) ;;
  any) failed 'every password is accepted now' ;;
  no) [ "${off:-}" = yes ] || failed 'the password was set, but Dovecot rejects it' ;;
  *) note 'no login was tried: Dovecot cannot be queried' ;;
  esac
  row changed
}
