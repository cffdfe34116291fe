# queued: what stands in the headers of the newest $limit messages, by when they were last tried:
#   h<TAB>LINE ..    m<TAB>ID<TAB>USER    refused<TAB>WHY
# An m line closes the h lines before it. USER is the uid of the process that handed the message in; empty when it
# came from the network. A header ends before the first line that is no header: nothing of a body is read.
newest() {
  if find / -maxdepth 0 -printf '' 2>/dev/null; then
    find "$@" -type f -printf '%C@ %p\n' 2>/dev/null | sort -rn | sed 's/^[^ ]* //'
  else
    find "$@" -type f 2>/dev/null | xargs ls -dtc 2>/dev/null
  fi | grep -E '^[a-z]+/([0-9A-Za-z]/)*[0-9A-Za-z]+$' | head -n "$limit"
}

# The envelope comes first, then the header.
frame='
  function close_message() { if (lines) print "m\t" id "\t" (remote ? "" : user); lines = 0 }
  /^\*\*\* ENVELOPE RECORDS / {
    close_message(); n = split($4, path, "/"); id = path[n]; user = ""; remote = inside = begun = lines = seen = 0; next
  }
  /^\*\*\* MESSAGE CONTENTS / && !begun { inside = begun = 1; next }
  !begun && index($0, "named_attribute: log_client_") == 1 { remote = 1 }
  !inside { next }
  !/^[!-9;-~]+[ \t]*:/ && !(lines && /^[ \t]/) || ++lines > 1000 { inside = 0; exit }
  /^[Rr]eceived:/ && !seen++ && /^Received: by [^ ]+ [(][^()]*, from userid [0-9]+[)]$/ {
    user = $0; sub(/.*userid /, "", user); sub(/[)]$/, "", user)
  }
  { print "h\t" $0 }
  END { close_message() }'

queued() {
  if [ "$(id -u)" != 0 ]; then
    printf 'refused\tnot root: queue files cannot be read\n'
    return
  fi
  spool=$(postconf -h queue_directory 2>/dev/null)
  cd "${spool:-/var/spool/postfix}" || return
  # Postfix before 2.7 prints whole files only. Each file is read by itself and as far as its header goes, so that
  # nothing in a body can look like the beginning of another message.
  case "$(postcat -e /dev/null 2>&1)" in
  *usage:* | *'invalid option'* | *'illegal option'*) options= ;;
  *) options=-eh ;;
  esac
  newest incoming active deferred hold | while IFS= read -r file; do
    # shellcheck disable=SC2086
    postcat $options "$file" 2>/dev/null | awk "$frame"
  done
}
