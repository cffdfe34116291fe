needs_secret
known
case $kind in unix) unix_password ;; file) file_password ;; esac
