if [ -f /usr/local/cpanel/version ]; then
  found panel cpanel "$(flag [ -x /usr/local/cpanel/cpanel ])" "$(head -n 1 /usr/local/cpanel/version 2>/dev/null)"
fi
