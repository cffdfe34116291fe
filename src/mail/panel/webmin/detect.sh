if [ -f /etc/webmin/version ]; then
  found panel webmin "$(flag [ -f /etc/webmin/miniserv.conf ])" "$(head -n 1 /etc/webmin/version 2>/dev/null)"
fi
