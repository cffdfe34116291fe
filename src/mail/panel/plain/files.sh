# password_files: the files in which Dovecot looks for passwords, in its order. Its first generation writes its
# configuration with colons.
password_files() {
  { doveconf -n 2>/dev/null || dovecot -n 2>/dev/null; } | awk '
    function flush() { if (inside && driver == "passwd-file" && file != "") print file; inside = 0; driver = file = "" }
    $1 ~ /^(passdb|userdb):?$/ { flush(); inside = ($1 ~ /^passdb/); if ($3 == "{") driver = $2; next }
    !inside { next }
    $1 ~ /^driver:?$/ { driver = $NF }
    $1 ~ /^args:?$/ || $1 == "passwd_file_path" { file = $NF }
    $1 == "}" { flush() }
    END { flush() }'
}
