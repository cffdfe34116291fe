needs_dir
known
[ -f "$dir/was" ] || failed 'what was before is not kept here'
case $kind in unix) unix_enable ;; file) file_enable ;; esac
