# Sourced by every script of the cluster: where its state lies, and whether it is alive.
#
#   $state/log/           one log per process: etcd.log, node1-kubelet.log, …
#   $state/run/           init (pid and start time), <process>.exit (its exit code), started, hosts' view of sockets
#   $state/pki, kube/     certificates; kubeconfigs (the certificates inside)
#   $state/etcd/          the API server's data
#   $state/www/           what the image server serves at http://10.99.0.1:8080
#   $state/node1/, node2/ what each node sees as /run/node, /var/lib/kubelet, /var/lib/millrace, …
#
# Inside the cluster's mount namespace $state is /run/cluster, so nothing in it knows where the checkout lies.
cluster_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$cluster_here/../.." && pwd)
tools=$repo/e2e/tools
cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}
state=$(realpath -m "${MILLRACE_STATE:-$repo/target/cluster}")

say() { echo "[$(date +%T)] $*"; }
die() { echo "error: $*" >&2; exit 1; }

# Two clusters on one machine: each has a cgroup, a lock and namespaces of its own.
use_state() {
  state=$1
  cgroup=millrace-$(printf %s "$state" | sha256sum | cut -c1-8)
}
use_state "$state"

# Clock ticks since boot at which a process started: with it a recycled pid is told from ours.
start_time_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# init_pid [NODE]: the host's pid of a node's PID 1; fails when it is not running.
init_pid() {
  local pid started
  { read -r pid started <"$state/run/${1:-node1}.init"; } 2>/dev/null || return 1
  [ "$(start_time_of "$pid")" = "$started" ] || return 1
  echo "$pid"
}

is_alive() { init_pid >/dev/null; }

# One command at a time works on a state. The descriptor must not leak into what is started: close it with 9>&-.
take_lock() {
  mkdir -p "$(dirname "$state")"
  exec 9>"$state.lock"
  flock --nonblock 9 && return
  say "waiting for another command that works on $state"
  flock --timeout 900 9 || die "another command has held $state.lock for 15 minutes"
}

# in_node NODE CMD…: runs a command inside a node's namespaces.
in_node() {
  local pid
  pid=$(init_pid "$1") || die "$1 is not running (state: $state)"
  shift
  nsenter -t "$pid" -n -m -p --wd=/ env KUBECONFIG=/run/cluster/kube/admin.conf PATH="$(programs_path)$PATH" "$@"
}

programs_path() { "$tools/build.sh" --path; }

kubectl() { in_node node1 kubectl "$@"; }

# failed_processes: the names of processes that ended though they should run for ever, the first one first: it
# has often taken others with it.
failed_processes() {
  find "$state/run" -name '*.exit' -printf '%T@ %f\n' | sort -n | sed 's/.* //; s/\.exit$//'
}

# Prints why a start failed, and fails, as soon as one process of the cluster has ended.
check_processes() {
  local name
  is_alive || { tail -n 20 "$state/log/node1-init.log" >&2; die "the cluster's init ended; its log: $state/log/node1-init.log"; }
  for name in $(failed_processes); do
    tail -n 20 "$state/log/$name.log" >&2
    die "$name ended with exit code $(cat "$state/run/$name.exit"); its log: $state/log/$name.log"
  done
}

# wait_for SECONDS WHAT CMD…: until CMD succeeds; a process that ended is an error at once.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  check_processes
  until "$@" >"$state/run/probe" 2>&1; do
    check_processes
    [ $SECONDS -lt "$deadline" ] || { tail -n 5 "$state/run/probe" >&2; die "$what: not so after the time allowed; logs: $state/log"; }
    sleep 0.2
  done
}
