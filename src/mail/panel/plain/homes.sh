# What stands in the homes of the Unix users: forward<TAB>NAME<TAB>TARGET, autoreply<TAB>NAME,
# delivery<TAB>NAME<TAB>SECONDS, unknown<TAB>REASON, then done. Of a forward file only addresses leave the host.
tab=$(printf '\t')
homes() { users | awk -F: '$6 ~ /^\/./ { print $1 "\t" $6 }'; }

homes | while IFS="$tab" read -r name home; do
  for file in "$home/.forward" "$home/.procmailrc"; do
    # A link, or another user's file, could lead to what only root may read.
    if [ ! -f "$file" ] || [ -h "$file" ] || [ ! -r "$file" ]; then continue; fi
    [ -n "$(find "$file" -maxdepth 0 -user "$name" 2>/dev/null)" ] || continue
    awk -v name="$name" -v kind="${file##*/}" '
      NR > 200 { exit }
      /^[ \t]*#/ { next }
      /[|].*(vacation|autoreply)/ { auto = 1 }
      kind == ".forward" {
        # Commands go: what stands in quotes, or up to the next comma.
        gsub(/"([^"\\]|\\.)*"/, ""); gsub(/[|][^,]*/, ""); sub(/".*/, "")
        n = split($0, word, /[, \t]+/)
        for (i = 1; i <= n; i++)
          if (word[i] != name && word[i] ~ /^[A-Za-z0-9._+=%-]+(@[A-Za-z0-9.-]+)?$/) print "forward\t" name "\t" word[i]
      }
      END { if (auto) print "autoreply\t" name }' "$file"
  done
done

# The users come first, with three fields; what find tells of their mailboxes has two.
if find / -maxdepth 0 -printf '' 2>/dev/null; then
  {
    homes | awk -v OFS='\t' -F'\t' '{ print "", $1, $2 }'
    homes | awk -F'\t' '{ print $2 "/Maildir/new"; print $2 "/Maildir/cur"; print "/var/mail/" $1 }' |
      tr '\n' '\0' |
      xargs -0 sh -c 'find "$@" -maxdepth 0 \( -type d -o -size +0c \) -printf "%T@\t%p\n"' sh 2>/dev/null
  } | awk -F'\t' '
    NF == 3 { owner[$3 "/Maildir"] = $2; owner["/var/mail/" $2] = $2; next }
    { box = $2; sub(/\/(new|cur)$/, "", box); if (box in owner) print "delivery\t" owner[box] "\t" $1 }'
else
  unknown 'when mail came: find cannot tell times'
fi
echo done
