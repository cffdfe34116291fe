#!/bin/sh
# Runs targets one after the other, each for $SECONDS_EACH seconds (600 when it is not set): run.sh [TARGET..]
# What a run says stands in logs/TARGET.
set -eu
cd "$(dirname "$0")"
seconds=${SECONDS_EACH:-600}
if [ $# = 0 ]; then
  for file in fuzz_targets/*.rs; do set -- "$@" "$(basename "$file" .rs)"; done
fi
mkdir -p logs
sh seeds.sh
for target in "$@"; do
  # The project has no unsafe code of its own: a sanitizer would only make it slower.
  status=0
  nice -n 19 cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=65536 \
    -timeout=10 -rss_limit_mb=2048 -dict="dictionaries/$target" -print_final_stats=1 >"logs/$target" 2>&1 || status=$?
  echo "$target: status $status, $(grep -a DONE "logs/$target" || echo 'it found something')"
done
