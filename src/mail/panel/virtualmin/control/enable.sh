needs_dir
begins
if [ "$ours" = yes ]; then
  [ -f "$dir/was" ] || failed 'there is no backup of the previous state here'
  case "$(head -n 1 "$dir/was")" in
  Yes*)
    note 'it was already disabled and stays disabled'
    row changed
    ;;
  esac
  said=$(as_user modify-user --enable)
  find_user
  forget "$login"
  case "$(value Disabled)" in No*) row changed ;; esac
  failed "$(why "$said")"
fi
