needs_dir
known
case $kind in unix) unix_delete ;; file) file_delete ;; esac
