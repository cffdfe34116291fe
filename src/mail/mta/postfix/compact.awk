# One line for each message instead of a line for each thing that happened to it, for logs too large to send:
#   m<TAB>TIME<TAB>ID<TAB>LOGIN<TAB>UID<TAB>IP<TAB>SENDER<TAB>SIZE<TAB>NRCPT<TAB>SENT<TAB>DELIVERED<TAB>DEFERRED<TAB>BOUNCED<TAB>UNKNOWN<TAB>RECIPIENT<TAB>REFUSALS
# REFUSALS are RELAY \002 TEXT, joined by \003. Incoming mail that did not leave the host has no line. Lines of the
# kinds that join messages (a filter that hands back, a requeue) cannot be read this way, nor can a log whose times go
# back (a file that is read twice, files out of order, the end of summer time): then it ends with status 3.
# Reads what log/event.rs and log/join.rs read, in the same way; a test holds the two together.
function clean(s) { gsub(/\t/, "\\t", s); return s }
# A new time: whether it is of a day of the window, and whether it goes on where the line before was, or the file
# before began; some seconds back is what programs do that write at once.
function pass(stamp,  day, time) {
  last = stamp; day = substr(stamp, 1, 6); time = substr(stamp, 8, 8)
  if (!(day in want)) { day = substr(stamp, 1, 10); time = substr(stamp, 12, 8) }
  today = day in want
  if (!today) return
  time = want[day] * 86400 + substr(time, 1, 2) * 3600 + substr(time, 4, 2) * 60 + substr(time, 7, 2)
  if (time < passed - 120 || (opened && time <= began)) joined = 1
  if (opened) { began = time; opened = 0 }
  passed = time
}
# Whether it is a queue id: NOQUEUE is none.
function is_id(id,  n) {
  n = length(id)
  if (n < 6 || n > 40 || id ~ /[^0-9A-Za-z]/) return 0
  if (id !~ /[^0-9A-F]/) return n <= 24
  return id !~ /[AEIOUaeiou]/ && index(id, "z") > 10 && index(id, "z") < n
}
function has(id) { return id in at }
function emit(id,  k, n, refused) {
  if (!has(id)) return
  if (size[id] != "" && (kind[id] != "r" || cnt[id, "s"] > 0)) {
    for (k = 1; k <= nref[id]; k++) refused = refused (k > 1 ? "\003" : "") ref[id, k]
    n = cnt[id, "b"] + cnt[id, "u"]
    print "m\t" at[id] "\t" id "\t" login[id] "\t" uid[id] "\t" ip[id] "\t" clean(from[id]) "\t" size[id] "\t" nrcpt[id] \
      "\t" cnt[id, "s"] + 0 "\t" cnt[id, "l"] + 0 "\t" cnt[id, "d"] + 0 "\t" n + 0 "\t" cnt[id, "u"] + 0 "\t" \
      (nrcpt[id] == 1 && rc[id] ? clean(rcpt[id, 1]) : "") "\t" clean(refused)
  }
  for (k = 1; k <= rc[id]; k++) { delete fate[id, rcpt[id, k]]; delete rcpt[id, k] }
  for (k = 1; k <= nref[id]; k++) { delete seen[id, relay[id, k]]; delete ref[id, k]; delete relay[id, k] }
  for (k = 1; k <= 5; k++) delete cnt[id, substr("sldbu", k, 1)]
  delete at[id]; delete kind[id]; delete login[id]; delete uid[id]; delete ip[id]; delete from[id]; delete size[id]
  delete nrcpt[id]; delete rc[id]; delete nref[id]; delete gone[id]
}
function begin(id, k,  time) {
  time = substr(head, 4, 1) == " " ? substr(head, 1, 15) : substr(head, 1, index(head, " ") - 1)
  if (has(id)) { if (at[id] == time) return 0; emit(id) }
  at[id] = time; kind[id] = k; login[id] = ""; uid[id] = ""; ip[id] = ""; size[id] = ""; rc[id] = 0; nref[id] = 0
  return 1
}
function settle(id, to, f,  old) {
  if ((id, to) in fate) {
    old = fate[id, to]
    if (old == f) return
    cnt[id, old]--
  } else { rc[id]++; rcpt[id, rc[id]] = to }
  fate[id, to] = f; cnt[id, f]++
}
function client(id, s,  i, name, addr, user) {
  i = index(s, "["); name = substr(s, 8, i - 8); s = substr(s, i + 1)
  i = index(s, "]"); addr = substr(s, 1, i - 1); s = substr(s, i + 1)
  if (!i || name !~ /^[0-9A-Za-z._-]*$/ || (addr !~ /^[0-9A-Fa-f.:]+$/ && addr != "unknown")) return
  sub(/^:[0-9]*/, "", s)
  while (substr(s, 1, 2) == ", ") {
    s = substr(s, 3); i = index(s, "=")
    if (!i) return
    key = substr(s, 1, i - 1); s = substr(s, i + 1)
    i = index(s, ", "); value = i ? substr(s, 1, i - 1) : s; s = i ? substr(s, i) : ""
    if (key == "sasl_username") { if (user == "") user = value }
    else if (key == "orig_queue_id") joined = 1
    else if (key != "sasl_method") break
  }
  if (user == "" && (addr == "127.0.0.1" || addr == "::1")) joined = 1
  if (begin(id, user == "" ? "r" : "l")) { login[id] = clean(user); ip[id] = addr }
}
function pickup(id, s,  i) {
  i = index(s, " "); u = substr(s, 5, i - 5)
  if (u !~ /^[0-9]+$/ || substr(s, i, 7) != " from=<") return
  if (s ~ />$/) { if (begin(id, "u")) uid[id] = u }
  else if (s ~ /> orig_id=[0-9A-Za-z]+$/) joined = 1
}
function queued(id, s,  i, n, tail) {
  if (s ~ />, status=(force-)?expired, returned to sender$/) {
    for (i = 1; i <= rc[id]; i++) if (fate[id, rcpt[id, i]] == "d") settle(id, rcpt[id, i], "b")
    return
  }
  if (size[id] != "" || !match(s, />, size=[0-9]+, nrcpt=[0-9]+ \(queue active\)$/)) return
  from[id] = substr(s, 7, RSTART - 7); tail = substr(s, RSTART + 8)
  i = index(tail, ","); size[id] = substr(tail, 1, i - 1); n = substr(tail, i + 8); nrcpt[id] = n + 0
}
function address(s,  i, c, q, esc) {
  # Without quotes the first `>` ends it.
  i = index(s, ">")
  if (i && index(substr(s, 1, i), "\"") == 0) return i
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (esc) esc = 0
    else if (c == "\\" && q) esc = 1
    else if (c == "\"") q = !q
    else if (c == ">" && !q) return i
  }
  return 0
}
# Most lines are these, so the usual form is cut at once; what is not of it is read with care.
function delivery(id, daemon, s,  i, n, to, rel, dsn, status, piece, c) {
  n = split(s, part, ", "); to = part[1]
  if (n < 3 || index(to, ">") != length(to) || index(to, "\"")) return careful(id, daemon, s)
  to = substr(to, 5, length(to) - 5); i = 2
  if (substr(part[2], 1, 9) == "orig_to=<") {
    if (index(part[2], ">") != length(part[2]) || index(part[2], "\"")) return careful(id, daemon, s)
    i = 3
  }
  for (; i <= n; i++) {
    piece = part[i]; c = substr(piece, 1, 6)
    if (c == "status") break
    if (index(piece, " ") || index(piece, ",")) return careful(id, daemon, s)
    if (c == "relay=") rel = substr(piece, 7)
    else if (substr(c, 1, 4) == "dsn=") dsn = substr(piece, 5)
    else if (c != "delay=" && c != "delays" && c != "conn_u") return careful(id, daemon, s)
  }
  if (i > n || substr(piece, 1, 7) != "status=") return careful(id, daemon, s)
  for (c = i + 1; c <= n; c++) if (part[c] ~ /^(relay=|orig_to=<)/) return careful(id, daemon, s)
  status = substr(piece, 8); i = index(status, " ")
  if (i) status = substr(status, 1, i - 1)
  fated(id, daemon, to, rel, dsn, status, s)
}
function careful(id, daemon, s,  all, i, to, rel, dsn, status, key, value) {
  all = s; s = substr(s, 5); i = address(s)
  if (!i) return
  to = substr(s, 1, i - 1); s = substr(s, i + 1)
  if (substr(s, 1, 11) == ", orig_to=<") {
    s = substr(s, 12); i = address(s)
    if (!i) return
    s = substr(s, i + 1)
  }
  for (;;) {
    if (substr(s, 1, 2) != ", ") return
    s = substr(s, 3); i = index(s, "=")
    if (!i) return
    key = substr(s, 1, i - 1); s = substr(s, i + 1)
    if (key == "status") break
    i = index(s, ",")
    if (!i) return
    value = substr(s, 1, i - 1); s = substr(s, i)
    if (index(value, " ")) return
    if (key == "relay") rel = value
    else if (key == "dsn") dsn = value
    else if (key != "conn_use" && key != "delay" && key != "delays") return
  }
  i = index(s, " "); status = i ? substr(s, 1, i - 1) : s; s = i ? substr(s, i + 1) : ""
  if (index(s, ">, relay=") || index(s, ">, orig_to=<")) return
  fated(id, daemon, to, rel, dsn, status, "status=" status " " s)
}
function fated(id, daemon, to, rel, dsn, status, said,  f) {
  if (rel == "") return
  if (status == "sent") {
    if (index(rel, "[127.0.0.1]") + index(rel, "[::1]") && rel ~ /^[^\[]*\[(127\.0\.0\.1|::1)\]/ &&
        (daemon == "smtp" || (daemon == "lmtp" && rel !~ /\]:24$/))) joined = 1
    settle(id, to, daemon == "smtp" ? "s" : "l")
    return
  }
  if (status == "deferred") f = "d"
  else if (status == "bounced") f = dsn == "5.1.1" ? "u" : "b"
  else return
  settle(id, to, f)
  if (nref[id] < 3 && !((id, rel) in seen)) {
    said = substr(said, index(said, "status=" status) + 7 + length(status) + 1)
    if (tolower(said) !~ /spam|block|blacklist|rbl|dnsbl|policy|reputation/) return
    nref[id]++; seen[id, rel] = 1; relay[id, nref[id]] = rel; ref[id, nref[id]] = rel "\002" substr(said, 1, 300)
  }
}
BEGIN {
  # Two names for each day.
  n = split(days, day, "|"); for (i = 1; i <= n; i++) want[day[i]] = int((i + 1) / 2)
  n = split("smtp lmtp local virtual pipe error discard", day, " "); for (i = 1; i <= n; i++) sends[day[i]] = 1
}
/\001$/ { next }
/^\001/ { if (substr($0, 2, 3) == "== ") opened = 1; print substr($0, 2); next }
{
  # `TIME HOST PROGRAM[PID]` ends at the first `: `.
  i = index($0, ": ")
  if (!i) next
  head = substr($0, 1, i - 1)
  if (!match(head, / postfix(-[0-9A-Za-z._-]*)?\/[0-9A-Za-z\/._-]*\[[0-9]+\]$/)) next
  prog = substr(head, RSTART + 1); prog = substr(prog, 1, index(prog, "[") - 1)
  stamp = substr($0, 1, 19)
  if (stamp != last || opened) pass(stamp)
  if (joined) exit
  if (!today) next
  if (!(prog in daemon)) { name = prog; sub(/.*\//, "", name); daemon[prog] = name }
  name = daemon[prog]
  s = substr($0, i + 2)
  if (substr(s, 1, 17) == "message repeated ") {
    if (!match(s, /^message repeated [0-9]+ times: \[ /) || substr(s, length(s)) != "]") next
    s = substr(s, RLENGTH + 1, length(s) - RLENGTH - 1)
  }
  i = index(s, ": ")
  if (!i) next
  id = substr(s, 1, i - 1); s = substr(s, i + 2)
  if (name == "smtpd") { if (substr(s, 1, 7) == "client=" && is_id(id)) client(id, s) }
  else if (name == "pickup") { if (substr(s, 1, 4) == "uid=" && is_id(id)) pickup(id, s) }
  else if (!(id in at)) next
  else if (name in sends) { if (substr(s, 1, 4) == "to=<") delivery(id, name, s) }
  else if (name == "qmgr" || name == "nqmgr" || name == "oqmgr") {
    if (s == "removed") emit(id)
    else if (substr(s, 1, 6) == "from=<") queued(id, s)
  }
  # A delivery that is under way outlives the message; a bounce that gets its id does not belong to it.
  else if (name == "postsuper") { if (s == "removed") gone[id] = 1 }
  else if (name == "cleanup" && (id in gone) && substr(s, 1, 11) == "message-id=") emit(id)
  if (joined) exit
}
END {
  if (joined) { print "restart"; exit 3 }
  for (id in at) open[id] = 1
  for (id in open) emit(id)
}
