# The users of every domain: `user` before each, then KEY<TAB>VALUE of the keys named below; all others, passwords
# among them, stay on the host. When it fails its reason stands on its standard output: reason<TAB>TEXT. The last
# line is end<TAB>RC.
listing list-users --all-domains --multiline --include-owner | awk '
  BEGIN {
    n = split("Unix username,Disabled,User type,Email address,Extra addresses,Last logins,Forward mail to", name, ",")
    for (i = 1; i <= n; i++) wanted[name[i]] = 1
  }
  { sub(/\r$/, "") }
  /^end=[0-9]+$/ { rc = substr($0, 5); next }
  /^[^ \t]/ { head = 1; if (first == "") first = $0; next }
  /^    [A-Z][a-zA-Z ]*: / {
    at = index($0, ": "); key = substr($0, 5, at - 5); value = substr($0, at + 2)
    if (head) print "user"
    head = 0; any = 1
    # What answers by itself is a program; of any other the name is enough, its arguments may be secrets.
    if (key == "Forward mail to" && value ~ /^"?[|]/) {
      if (value ~ /autoreply|vacation/) { print "Autoreply\t"; next }
      sub(/^"/, "", value); sub(/["\t ].*$/, "", value)
    }
    if (key in wanted) print key "\t" value
  }
  END {
    if (rc != 0 && !any && first !~ /[Pp][Aa][Ss][Ss][Ww]/) print "reason\t" first
    if (rc != "") print "end\t" rc
  }'
