needs_dir
known
case $kind in unix) unix_disable ;; file) file_disable ;; esac
