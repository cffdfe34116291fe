if [ -d /etc/webmin/virtual-server ]; then
  virtualmin_root=$(sed -n 's/^root=//p' /etc/webmin/miniserv.conf 2>/dev/null | head -n 1)/virtual-server
  virtualmin_answers() { have virtualmin || [ -f "$virtualmin_root/list-users.pl" ]; }
  found panel virtualmin "$(flag virtualmin_answers)" \
    "$(sed -n 's/^version=//p' "$virtualmin_root/module.info" 2>/dev/null | head -n 1)"
fi
