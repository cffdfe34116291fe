# From what delete kept. A try that was broken off has left `restoring`, and is gone on with.
needs_secret
needs_dir
case "$(head -n 1 "$dir/kind" 2>/dev/null)" in
unix) unix_restore ;;
file) file_restore ;;
*) failed 'there is no backup of it here' ;;
esac
