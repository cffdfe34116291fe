# What a file is: `WORD<TAB>none`, or `WORD<TAB>file<TAB>SUM<TAB>SIZE<TAB>MODE<TAB>UID:GID<TAB>USER:GROUP`, or why it is
# left alone: `WORD<TAB>link|folder|other|no-folder`.
sum() { { cksum <"$1"; } 2>/dev/null | sed 's/^\([0-9]*\)[ 	]*\([0-9]*\).*/\1	\2/'; }
kind() {
  if [ -L "$1" ]; then echo link
  elif [ -d "$1" ]; then echo folder
  elif [ -f "$1" ]; then echo file
  elif [ -e "$1" ]; then echo other
  elif [ ! -d "${1%/*}/" ]; then echo no-folder
  else echo none
  fi
}
# owned FILE: MODE<TAB>UID:GID<TAB>USER:GROUP, as ls tells them everywhere.
owned() {
  { ls -ldn -- "$1"; ls -ld -- "$1"; } 2>/dev/null | awk '
    NR == 1 {
      for (i = 0; i < 3; i++) {
        last = substr($1, 4 + i * 3, 1)
        mode = mode (substr($1, 2 + i * 3, 1) == "r") * 4 + (substr($1, 3 + i * 3, 1) == "w") * 2 + (last ~ /[xst]/)
        if (last ~ /[sStT]/) special += i == 0 ? 4 : 2 - (i == 2)
      }
      mode = special mode
      sub(/^0+/, "", mode)
      ids = $3 ":" $4
    }
    NR == 2 { print (mode == "" ? 0 : mode) "\t" ids "\t" $3 ":" $4 }'
}
tell() {
  kind=$(kind "$2")
  if [ "$kind" = file ]; then
    printf '%s\tfile\t%s\t%s\n' "$1" "$(sum "$2")" "$(owned "$2")"
  else
    printf '%s\t%s\n' "$1" "$kind"
  fi
}
