# What the scripts that change an account share. $account is whom it is about, and the key of the answer's one row;
# $fleet_secret is a new password, and stands in no argument list, no file and no answer.
set +x
tab=$(printf '\t')
note() { printf 'note\t%s\n' "$1"; }
# row WORD [WHY]: what became of the account; it is the end. Not for use in a pipe.
row() {
  printf 'row\t%s\t%s\n' "$account" "$1${2:+$tab$2}"
  echo end
  exit 0
}
failed() { row failed "$1"; }
# why TEXT [STATUS]: of what a tool said the first line that tells something; of one that was ended, that it was. Some
# tools repeat what they were given.
why() {
  if [ "${2:-0}" -gt 125 ]; then
    echo "the tool exited with status $2"
    return
  fi
  telling=$(printf '%s\n' "$1" | first_telling)
  printf '%s\n' "${telling:-the tool did not say why}"
}
first_telling() {
  while IFS= read -r line; do
    case "$line" in '' | 'PHP '* | *[Pp]assword:*) continue ;; esac
    if [ -n "${fleet_secret:-}" ]; then
      case "$line" in *"$fleet_secret"*) continue ;; esac
    fi
    printf '%s\n' "${line#ERR \[1\] }"
    return
  done
}
# cut_sessions LOGIN: an open session would write into a mailbox that is being kept, and make it again when it is gone.
cut_sessions() { forget "$1"; doveadm kick "$1" >/dev/null 2>&1; }
lower() { printf '%s\n' "$1" | tr 'A-Z' 'a-z'; }
needs_secret() { [ -n "${fleet_secret:-}" ] || failed 'there is no new password'; }
# The folder of this change, where what was before is kept. A link there is not ours.
needs_dir() {
  case "${dir:-}" in /*) ;; *) failed 'there is no folder for the backup' ;; esac
  if [ ! -d "$dir" ] || [ -h "$dir" ]; then failed "$dir does not exist"; fi
}
# The grammar of names is checked before they come here; this is what could hurt below, whatever came.
case "${account:-}" in '' | -* | *[:\ ]* | *"$tab"*) failed 'it is not the name of an account' ;; esac
