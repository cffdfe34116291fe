needs_dir
known
[ -f "$dir/was" ] || failed 'there is no backup of the previous state here'
case $kind in unix) unix_enable ;; file) file_enable ;; esac
