# Without hf it is no message, so that comes last. A queue run passes it by.
place() { under_their_names '[/]hf[^/]*$' | put; }
seen=$(everything)
there=$(found)
# shellcheck disable=SC2046
restore $(printf '%s\n' "$queues" | sed 's,^[^ ]* /,,')
