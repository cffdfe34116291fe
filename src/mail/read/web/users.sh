# The users of this host, and the domain of each where Virtualmin tells it; of its files two keys are read.
#   user<TAB>UID<TAB>NAME<TAB>HOME    domain<TAB>UID<TAB>DOMAIN    end
{ getent passwd 2>/dev/null || cat /etc/passwd; } | awk -F: '
  NF >= 6 { gsub(/\t/, " "); print "user\t" $3 "\t" $1 "\t" $6 }'
for file in "$virtualmin"/*; do
  [ -f "$file" ] || continue
  awk -F= '
    $1 == "dom" { domain = $2 }
    $1 == "uid" { uid = $2 }
    # A domain below another one has its owner.
    $1 == "parent" && $2 != "" { below = 1 }
    END {
      gsub(/\t/, " ", domain)
      if (!below && domain != "" && uid != "") print "domain\t" uid "\t" domain
    }' "$file"
done
echo end
