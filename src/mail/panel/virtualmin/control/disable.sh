needs_dir
begins
if [ "$ours" = yes ]; then
  if [ ! -e "$dir/was" ]; then value Disabled >"$dir/was" || failed "$dir cannot be written"; fi
  said=$(as_user modify-user --disable)
  find_user
  forget "$login"
  case "$(value Disabled)" in Yes*) ;; *) failed "$(why "$said")" ;; esac
  case "$(part_of "$(entry "$login")" 7)" in
  *nologin | *false) ;;
  *) note 'it has a shell, so login with a key remains possible' ;;
  esac
  row changed
fi
