# From the queue's files: how many each queue holds, and the login and client of up to $limit messages.
#   count<TAB>QUEUE<TAB>N    login<TAB>ID<TAB>LOGIN<TAB>CLIENT    sampled<TAB>N    refused<TAB>WHY    end
tab=$(printf '\t')
spool=$(postconf -h queue_directory 2>/dev/null)
[ -n "$spool" ] || spool=/var/spool/postfix
if [ "$(id -u)" != 0 ]; then
  echo "refused${tab}not root: queue files cannot be read"
  echo end
  exit 0
fi
cd "$spool" || exit 1
queues=''
for queue in maildrop incoming active deferred hold; do
  [ -d "$queue" ] || continue
  queues="$queues $queue"
  printf 'count\t%s\t%s\n' "$queue" "$(find "$queue" -type f 2>/dev/null | wc -l | tr -d ' ')"
done
[ -n "$queues" ] || { echo end; exit 0; }

# Only the envelope is looked at: a message's own text could hold anything. Postfix before 2.7 cannot print the
# envelope alone; there each file is read as far as its contents begin.
envelopes() {
  case "$(postcat -e /dev/null 2>&1)" in
  *usage:* | *'invalid option'* | *'illegal option'*)
    while IFS= read -r file; do postcat "$file" 2>/dev/null | sed '/^\*\*\* MESSAGE CONTENTS /q'; done
    ;;
  *) xargs postcat -e 2>/dev/null ;;
  esac
}
# shellcheck disable=SC2086
find $queues -type f 2>/dev/null | head -n "$limit" | envelopes | awk '
  function flush() { if (id != "") print "login\t" id "\t" login "\t" client; id = "" }
  /^\*\*\* ENVELOPE RECORDS / {
    flush(); n = split($4, path, "/"); id = path[n]; login = ""; client = ""; inside = 1; files++; next
  }
  /^\*\*\* MESSAGE CONTENTS / { inside = 0 }
  !inside { next }
  index($0, "named_attribute: sasl_username=") == 1 { login = substr($0, 32); gsub(/[\t\001-\037]/, " ", login) }
  index($0, "named_attribute: log_client_address=") == 1 { client = substr($0, 37); gsub(/[\t\001-\037]/, " ", client) }
  END { flush(); print "sampled\t" files + 0 }'
echo end
