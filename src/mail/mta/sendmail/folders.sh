# folders FILE USUAL: the folders of a configuration file, or the usual one: with queue groups, and where a name ends
# in * all that fit. What is no folder is refused over descriptor 3. $etc is where configurations are.
folders() {
  found=$(for dir in $etc; do
    sed -n -e 's/^O QueueDirectory *= *//p' -e 's/^Q[^,]*,.*[, ]P[A-Za-z]*=\([^,]*\).*/\1/p' "$dir/$1" 2>/dev/null
  done)
  # shellcheck disable=SC2086
  for folder in ${found:-$2}; do
    if [ -d "$folder" ]; then
      printf '%s\n' "$folder"
    else
      printf 'refused\t%s: it is not a folder\n' "$folder" >&3
    fi
  done | sort -u
}

