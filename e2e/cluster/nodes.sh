# Sourced: starts and stops the nodes of a cluster.

# start_nodes COUNT: the state folder must hold pki, kube and the nodes' image stores.
start_nodes() {
  local path number
  mkdir -p "$state"/{log,run,www,etcd}
  chmod 700 "$state/etcd" "$state/pki"
  rm -f "$state"/run/*
  rm -rf "$state"/node[12]/{kubelet,log-pods,log-containers,cni}
  cat /proc/sys/kernel/random/boot_id >"$state/run/boot-id"
  date +%s >"$state/run/started"
  path=$(programs_path)
  export MILLRACE_CLUSTER=$cgroup
  make_cgroups node1
  mkdir -p "$state/node1"
  PATH=$path$PATH setsid unshare -n -m -p --fork --kill-child --propagation private \
    "$cluster_here/init.sh" "$state" node1 "$cgroup" >"$state/log/node1-init.log" 2>&1 </dev/null 9>&- &
  remember_init node1 $!
  for ((number = 2; number <= $1; number++)); do start_further_node "node$number" "$path"; done
}

# A further node lives in namespaces inside the first one's, so it ends with it; a veth joins it to the bridge.
start_further_node() {
  local node=$1 path=$2 first own
  make_cgroups "$node"
  mkdir -p "$state/$node"
  first=$(init_pid node1)
  PATH=$path$PATH setsid nsenter -t "$first" -n -p unshare -n -m -p --fork --kill-child --propagation private \
    "$cluster_here/init.sh" "$state" "$node" "$cgroup" >"$state/log/$node-init.log" 2>&1 </dev/null 9>&- &
  remember_init "$node" $!
  own=$(init_pid "$node")
  wait_for 10 "the network of node1" nsenter -t "$first" -n ip link show nodes0
  nsenter -t "$first" -n ip link add "$node" type veth peer name uplink netns "$own"
  nsenter -t "$first" -n ip link set "$node" master nodes0 up
}

# Follows the forks of unshare and nsenter down to the process that is PID 1 of the new namespace.
remember_init() {
  local node=$1 pid=$2 tries
  for tries in {1..100}; do
    if is_init "$pid" "$node"; then
      echo "$pid $(start_time_of "$pid")" >"$state/run/$node.init"
      return
    fi
    pid=$(pgrep -P "$pid" | head -n 1) || true
    [ -n "$pid" ] || pid=$2
    sleep 0.05
  done
  tail -n 20 "$state/log/$node-init.log" >&2
  die "$node did not start; its log: $state/log/$node-init.log"
}
is_init() { grep -qs $'^NSpid:.*\t1$' "/proc/$1/status" && tr '\0' ' ' <"/proc/$1/cmdline" | grep -q "init.sh $state $2 "; }

# end_process NAME: asks one program of the cluster to end, and waits for it.
end_process() {
  local tries
  in_node node1 kill -TERM "$(cat "$state/run/$1.pid")"
  for tries in {1..100}; do
    [ ! -e "$state/run/$1.exit" ] || return 0
    sleep 0.1
  done
  die "$1 did not end within 10 s; its log: $state/log/$1.log"
}

# Ends everything that the cluster has on this machine; its folders stay. Fine when nothing is there.
stop_nodes() {
  local pid tries
  [ -d "$state/run" ] || { remove_cgroups; return; }
  if pid=$(init_pid node1); then
    timeout 20 nsenter -t "$pid" -n -m -p "$cluster_here/loops.sh" record "$state" || true
    kill -KILL "$pid"
    for tries in {1..200}; do
      is_alive || break
      sleep 0.05
    done
    ! is_alive || die "the cluster's init (pid $pid) does not end"
  fi
  "$cluster_here/loops.sh" detach "$state"
  remove_cgroups
  rm -f "$state"/run/{*.init,ready}
}

api_ready() { kubectl get --raw /readyz --request-timeout=2s; }

nodes_ready() {
  local ready
  ready=$(kubectl get nodes -o json | jq --argjson since "$(cat "$state/run/started")" '
    [.items[].status.conditions[] | select(.type == "Ready" and .status == "True"
      and (.lastHeartbeatTime | fromdateiso8601) >= $since)] | length')
  [ "$ready" -ge "$1" ]
}

# Upstream's pods and daemons. Those of a restored cluster say Ready before their containers run again: what counts
# is a start after ours.
pods_ready() {
  local waiting
  waiting=$({ kubectl -n kube-system get pods -o json; kubectl -n kubevirt get pods,daemonsets -o json; } |
    jq -r --argjson since "$(cat "$state/run/started")" --argjson nodes "$1" '.items[] | select(
      if .kind == "DaemonSet" then .status.numberReady >= $nodes else
        any(.status.conditions[]?; .type == "Ready" and .status == "True") and
        all(.status.containerStatuses[]?; (.state.running.startedAt // "1970-01-01T00:00:00Z" | fromdateiso8601) >= $since)
      end | not) | "\(.kind) \(.metadata.name)"')
  [ -z "$waiting" ] || { echo "not ready: ${waiting//$'\n'/, }"; return 1; }
}
