# What scripts share that change a queue: ids as lines of input, and the answer that mail/change/mod.rs reads.

# ask PATTERN: sets $asked, the ids of the input, each once. What is no id goes nowhere, not even into the answer.
ask() {
  asked=$(cat)
  odd=$(printf '%s\n' "$asked" | awk -v id="$1" '/./ && $0 !~ id { n++ } END { print n + 0 }')
  [ "$odd" = 0 ] || printf 'note\t%s lines of the input are no queue ids\n' "$odd"
  asked=$(printf '%s\n' "$asked" | awk -v id="$1" '$0 ~ id && !seen[$0]++')
  [ -n "$asked" ] || finish
  [ "$(id -u)" = 0 ] || refuse 'not root: the queue cannot be changed'
}

# refuse WHY: nothing was done.
refuse() {
  printf '%s\n' "$asked" | awk -v why="$1" '{ print "row\t" $0 "\tfailed\t" why }'
  finish
}

finish() {
  echo end
  exit 0
}

# all WORD TEXT: the word before each line of the text.
all() { printf '%s\n' "$2" | sed "s/^/$1 /"; }

# judge WORD STATE WHY: the row of each id by the queue's files alone: $before has `ID held|waits` of those that were
# there, $after the same later. They are done when they are in that STATE; WORD deleted: when nothing is there. $busy
# has the ids of those that are being delivered.
judge() {
  { all asked "$asked"; all before "$before"; all after "$after"; all busy "$busy"; } |
    awk -v word="$1" -v state="$2" -v other="$3" '
    $2 == "" { next }
    $1 == "asked" { ids[++n] = $2 }
    $1 == "before" { before[$2] = $3 }
    $1 == "after" { after[$2] = $3 }
    $1 == "busy" { busy[$2] }
    END {
      for (i = 1; i <= n; i++) {
        id = ids[i]; is = "failed"; why = ""
        if (!(id in before)) is = "gone"
        else if (word == "deleted" && before[id] != "held") why = "it is not held"
        else if (id in after) {
          if (after[id] == state) is = word
          else why = id in busy ? "it is being delivered" : other
        } else if (word == "deleted") is = word
        else if (word == "released" && before[id] == "held") { is = word; why = "it has left the queue since" }
        else { is = "gone"; why = "it left the queue in the meantime" }
        if (why != "") why = "\t" why
        print "row\t" id "\t" is why
      }
    }'
}
