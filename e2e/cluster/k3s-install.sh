#!/bin/bash
# Puts what the tests need from upstream into a K3s container: k3s-install.sh KUBECONFIG NODE
# The same steps as the golden cluster's, through a kubeconfig instead of a namespace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/state.sh"
source "$here/upstream.sh"

[ $# = 2 ] || die "usage: k3s-install.sh KUBECONFIG NODE"
export KUBECONFIG=$1 PATH="$(programs_path)$PATH"
node=$2
use_state "$repo/target/k3s"
mkdir -p "$state"/{log,run}

# upstream.sh's steps say kubectl, and check the processes of a cluster that is not here.
kubectl() { command kubectl "$@"; }
check_processes() { :; }
pods_ready() { kubectl wait --for=condition=Ready pod --all --all-namespaces --field-selector=status.phase!=Succeeded --timeout=1s; }

install_upstream "$node"
kubectl label node "$node" millrace.io/storage=true --overwrite
kubectl apply --server-side -k "$repo/manifests/overlays/testbed"
kubectl -n millrace-system wait --for=condition=Ready pod --all --timeout=180s
