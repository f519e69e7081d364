# Sourced by the benchmarks: one engine on a store of its own, without a cluster. Wants $work and $app.
daemon=
export MILLRACE_SOCKET=$work/engine.sock
staging=/dev/shm/millrace-bench-$$

millrace() { "$app/bin/millrace" "$@"; }

# field NAME COMMAND…: one field of what a command says in JSON.
field() {
  local name=$1
  shift
  millrace "$@" -o json | sed -n "s/.*\"$name\": \"\{0,1\}\([^\",}]*\).*/\1/p"
}

start_engine() {
  "$app/bin/millraced" --store "$work/store" --socket "$MILLRACE_SOCKET" --state-dir "$work/state" \
    --staging-dir "$staging" --health 127.0.0.1:0 "$@" >"$work/millraced.log" 2>&1 &
  daemon=$!
  for _ in $(seq 600); do
    ! grep -q "serving on" "$work/millraced.log" || return 0
    kill -0 $daemon || { cat "$work/millraced.log" >&2; exit 1; }
    sleep 0.1
  done
  cat "$work/millraced.log" >&2
  exit 1
}

stop_engine() {
  [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null; } || true
  daemon=
  rm -rf "$staging"
}
