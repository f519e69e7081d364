# Sourced by the scripts beside it: the query string's parameters.
fail() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\n\r\n%s\n' "$1" "$2"
  exit 0
}

# parameter NAME: its decoded value, or nothing
parameter() {
  rest="$QUERY_STRING&"
  while [ -n "$rest" ]; do
    pair=${rest%%&*}
    rest=${rest#*&}
    [ "${pair%%=*}" != "$1" ] || { busybox httpd -d "${pair#*=}"; return; }
  done
}

# A file of the user's home: letters, digits, dot, dash, underscore; no hidden one, no folder.
home_file() {
  name=$(parameter name)
  case $name in
    '' | .* | *[!A-Za-z0-9._-]*) fail '400 Bad Request' "name must be letters, digits, '.', '-' or '_', and not begin with a dot" ;;
  esac
  [ ${#name} -le 64 ] || fail '400 Bad Request' 'name must have 64 characters at most'
  file=/home/desk/$name
}
