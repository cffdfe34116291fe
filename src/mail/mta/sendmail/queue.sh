# The queues from their own files: what waits for delivery (mta) and what waits to be submitted (msp).
#   to<TAB>ADDRESS ..    msg<TAB>ID<TAB>QUEUE<TAB>TIME<TAB>BYTES<TAB>SENDER<TAB>LOGIN<TAB>PROTOCOL<TAB>RELAY<TAB>REASON
#   more<TAB>N    told<TAB>ROLE<TAB>N    count<TAB>ROLE<TAB>BEFORE<TAB>AFTER    refused<TAB>WHY    end
# A msg line closes the to lines before it. $limit bounds the files of one folder, $etc is where configurations are.
tab=$(printf '\t')
if [ "$(id -u)" != 0 ]; then
  echo "refused${tab}not root: queue files cannot be read"
  echo end
  exit 0
fi

# Messages that are not held back: what mailq counts.
waiting() {
  folders "$1" "$2" 3>/dev/null | while IFS= read -r folder; do
    if [ -d "$folder/qf" ]; then folder=$folder/qf; fi
    ls "$folder" 2>/dev/null
  done | grep -c '^qf'
}

# A queue file tells its lines by their first character; headers begin at the first H, and no line of them is read.
read_folder() {
  files=$1 data=$1
  if [ -d "$1/qf" ]; then files=$1/qf; fi
  if [ -d "$1/df" ]; then data=$1/df; fi
  { ls -ln "$data"; echo --; ls "$files"; } 2>/dev/null | awk -v word="$2" -v folder="$files" -v limit="$limit" '
    function clean(text) { gsub(/[\001-\037\177]/, " ", text); return text }
    function entry(kind, id,    file, got, line, time, sender, login, proto, relay, reason, held, to) {
      file = folder "/" kind id; time = sender = login = proto = relay = reason = held = ""; to = 0
      while ((got = (getline line < file)) > 0) {
        if (line ~ /^H/ || line ~ /^[.]$/) break
        if (line ~ /^T[0-9]+$/) time = substr(line, 2)
        else if (line ~ /^S/) sender = substr(line, 2)
        else if (line ~ /^M/ && !to) reason = substr(line, 2)
        else if (line ~ /^q/) held = substr(line, 2)
        else if (line ~ /^[$]_/) relay = substr(line, 3)
        else if (line ~ /^[$]r/) proto = substr(line, 3)
        else if (index(line, "${auth_authen}") == 1) login = substr(line, 15)
        else if (line ~ /^R[A-Z]*:/) { to++; print "to\t" clean(substr(line, index(line, ":") + 1)) }
      }
      close(file)
      # It was delivered since the folder was listed.
      if (got < 0) return
      if (kind == "hf" && held != "") reason = held
      print "msg\t" id "\t" (kind == "hf" ? "hold" : word) "\t" time "\t" size[id] + 0 "\t" clean(sender) "\t" \
        clean(login) "\t" clean(proto) "\t" clean(relay) "\t" clean(reason)
    }
    !names && $0 == "--" { names = 1; next }
    !names { if ($NF ~ /^df/) size[substr($NF, 3)] = $5; next }
    /^[qh]f/ { if (n++ < limit) entry(substr($0, 1, 2), substr($0, 3)) }
    END { if (n > limit) print "more\t" n - limit }'
}

# Sendmail tells by its words alone that it may not look: its status is 0.
ask() {
  role=$1
  shift
  "$sendmail" "$@" -bp 2>&1 </dev/null | awk -v role="$role" '
    /^\t\tTotal requests: [0-9]+$/ { total += $3; told = 1 }
    /^can not chdir/ { gsub(/[\001-\037\177]/, " "); print "refused\t" substr($0, 1, 200) }
    END { if (told) print "told\t" role "\t" total }'
}

# queue ROLE WORD CONFIGURATION USUAL-FOLDER
queue() {
  folders "$3" "$4" 3>&1 >"/dev/null"
  before=$(waiting "$3" "$4")
  folders "$3" "$4" 3>/dev/null | while IFS= read -r folder; do read_folder "$folder" "$2"; done
  if [ "$1" = msp ]; then ask msp -Ac; else ask mta; fi
  printf 'count\t%s\t%s\t%s\n' "$1" "$before" "$(waiting "$3" "$4")"
}
queue mta deferred sendmail.cf /var/spool/mqueue
# Where there is none, programs hand their mail to the queue above.
for dir in $etc; do
  if [ -f "$dir/submit.cf" ]; then
    queue msp client submit.cf /var/spool/clientmqueue
    break
  fi
done
echo end
