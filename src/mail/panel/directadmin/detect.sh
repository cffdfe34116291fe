if [ -d /usr/local/directadmin/conf ]; then
  found panel directadmin "$(flag [ -x /usr/local/directadmin/directadmin ])" ""
fi
