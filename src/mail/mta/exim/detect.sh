exim_runs() { running exim4 || running exim; }
for exim in exim4 exim; do
  have "$exim" || continue
  found mta exim "$(flag exim_runs)" "$("$exim" -bV 2>/dev/null | sed -n '1s/^Exim version \([^ ]*\).*/\1/p')"
  break
done
