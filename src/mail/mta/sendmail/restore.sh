there=$(files | sed 's/ .*//')
# Without hf it is no message, so that comes last. A queue run passes it by.
restore '[/]hf[^/]*$' "$(printf '%s\n' "$queues" | sed 's/^[^ ]* //')"
finish
