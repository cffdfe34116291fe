# As it was held, so it is again. Exim believes a -H file that it sees, and throws an old one away that is not whole: it
# comes last. A message of which only the log is left is none.
place() {
  files=$(printf '%s\n' "$files" | while read -r id name; do
    case $name in msglog/*) [ ! -e "$name" ] || continue ;; esac
    echo "$id $name"
  done)
  under_their_names '-H$' | put
}
there=$(found | grep ' input/')
notes=$(lasting)
restore .
