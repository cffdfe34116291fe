# spool_folder: where Exim keeps its spool.
spool_folder() {
  for exim in exim4 exim; do command -v "$exim" >/dev/null 2>&1 && break; done
  spool=$("$exim" -bP spool_directory 2>/dev/null | sed -n 's/^spool_directory = //p')
  if [ -z "$spool" ]; then
    for spool in /var/spool/exim4 /var/spool/exim; do [ -d "$spool" ] && break; done
  fi
  printf '%s\n' "$spool"
}
