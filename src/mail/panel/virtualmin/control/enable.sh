needs_dir
begins
if [ "$ours" = yes ]; then
  [ -f "$dir/was" ] || failed 'what was before is not kept here'
  case "$(head -n 1 "$dir/was")" in
  Yes*)
    note 'it was disabled before, and stays so'
    row changed
    ;;
  esac
  said=$(as_user modify-user --enable)
  find_user
  forget "$login"
  case "$(value Disabled)" in No*) row changed ;; esac
  failed "$(why "$said")"
fi
