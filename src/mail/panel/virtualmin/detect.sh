if [ -d /etc/webmin/virtual-server ]; then
  found panel virtualmin "$(flag have virtualmin)" ""
fi
