#!/bin/bash
# A whole Kubernetes cluster with KubeVirt as plain processes in namespaces of their own, for Millrace's tests.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/state.sh"
source "$here/cgroups.sh"
source "$here/pki.sh"
source "$here/nodes.sh"
source "$here/upstream.sh"
source "$here/golden.sh"

help() {
  cat <<'TEXT'
cluster.sh up [--nodes 1|2] [--keep-state]   starts the cluster; a no-op when it is up
cluster.sh down                              ends it; logs and state stay in the state folder
cluster.sh status                            what runs; exit code 1 when it is down
cluster.sh exec [--node node2] CMD…          runs a command inside, with KUBECONFIG and PATH set
cluster.sh load-images TAR…                  imports OCI archives on every node
cluster.sh logs [NAME]                       lists the logs, or prints one (etcd, node1-kubelet, …)
cluster.sh prepare                           makes the golden cluster that `up` starts from; a no-op when it is there
cluster.sh help

State: $MILLRACE_STATE, or target/cluster of this checkout. Cache: $MILLRACE_CACHE, or ~/.cache/millrace.
--keep-state starts from what the last `down` left, images and objects included, not from the golden cluster.
TEXT
}

up() {
  local nodes=1 keep= started=$SECONDS
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) [ $# -gt 1 ] || die "up: --nodes wants 1 or 2"; nodes=$2; shift ;;
      --keep-state) keep=yes ;;
      *) die "up: no such option: $1" ;;
    esac
    shift
  done
  [[ $nodes == [12] ]] || die "up: --nodes must be 1 or 2, not '$nodes'"
  need_root
  take_lock
  if [ -e "$state/run/ready" ] && is_alive; then
    [ "$(cat "$state/run/ready")" = "$nodes" ] || die "a cluster with $(cat "$state/run/ready") node(s) is up; run down first"
    say "the cluster is up already (state: $state)"
    return
  fi
  stop_nodes
  prepare
  if [ -n "$keep" ]; then
    [ -d "$state/pki" ] && [ -d "$state/etcd" ] || die "--keep-state: there is no state in $state; run up without it"
    [ "$nodes" = 1 ] || [ -d "$state/node2/containerd" ] || copy_store "$(store_folder)" "$state/node2/containerd"
  else
    restore "$nodes"
  fi
  trap 'abandon' EXIT
  start_nodes "$nodes"
  wait_for 60 "the API server ready" api_ready
  wait_for 60 "$nodes node(s) Ready" nodes_ready "$nodes"
  say "$nodes node(s) Ready after $((SECONDS - started)) s"
  wait_for 120 "all pods Ready" pods_ready "$nodes"
  wait_for 60 "a VirtualMachine admitted" admits_machine
  trap - EXIT
  echo "$nodes" >"$state/run/ready"
  say "cluster with KubeVirt ready after $((SECONDS - started)) s (state: $state)"
}

# A start that failed or was interrupted leaves its logs and nothing else.
abandon() {
  trap - EXIT
  stop_nodes
}

down() {
  need_root
  take_lock
  local was=down
  ! is_alive || was=up
  stop_nodes
  if [ "$was" = up ]; then say "cluster ended"; else say "no cluster was up; nothing is left of one (state: $state)"; fi
}

status() {
  is_alive || { echo "down (state: $state)"; return 1; }
  [ -e "$state/run/ready" ] || echo "starting, or its start was interrupted"
  echo "up since $(date -d "@$(cat "$state/run/started")" +%T), state: $state, init: $(init_pid)"
  local ended
  ended=$(failed_processes)
  [ -z "$ended" ] || echo "ended though they should run: $ended"
  kubectl get nodes -o wide
  kubectl get pods -A -o wide
}

run_inside() {
  local node=node1 pid
  if [ "${1:-}" = --node ]; then node=${2:?exec: --node wants a name}; shift 2; fi
  [ $# -gt 0 ] || die "exec: which command?"
  pid=$(init_pid "$node") || die "$node is not running; start it with: $0 up"
  exec nsenter -t "$pid" -n -m -p --wd="$PWD" env KUBECONFIG="$state/kube/admin.conf" PATH="$(programs_path)$PATH" "$@"
}

load_images() {
  local node tar
  [ $# -gt 0 ] || die "load-images: which archives?"
  is_alive || die "no cluster is up; start it with: $0 up"
  for tar in "$@"; do
    tar=$(realpath -e "$tar") || die "load-images: no such file: $tar"
    for node in "$state"/run/*.init; do
      node=$(basename "$node" .init)
      in_node "$node" ctr -a /run/containerd/containerd.sock -n k8s.io images import "$tar" >"$state/log/import-$node.log" 2>&1 ||
        { cat "$state/log/import-$node.log" >&2; die "$tar could not be imported on $node"; }
    done
    say "loaded $(basename "$tar")"
  done
}

logs() {
  if [ $# = 0 ]; then ls -la "$state/log"; else cat "$state/log/$1.log"; fi
}

need_root() { [ "$(id -u)" = 0 ] || die "namespaces, mounts and cgroups are made: run as root"; }

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  up | down | status | logs | help) "$command" "$@" ;;
  exec) run_inside "$@" ;;
  load-images) load_images "$@" ;;
  prepare) need_root; prepare ;;
  -h | --help) help ;;
  *) help >&2; die "no such command: $command" ;;
esac
