#!/bin/bash
# PID 1 of a node, in network, mount and pid namespaces of its own. When it ends, so do all its processes and mounts.
#
#   init.sh STATE NODE CGROUP      NODE: node1 (has the control plane too) or node2
#
# It starts the node's programs, records the exit code of each one that ends (STATE/run/<name>.exit), and reaps
# orphans (containerd's shims). Order: everything at once; what needs the API or the runtime waits for it.
set -euo pipefail
shopt -s inherit_errexit
state=$1 node=$2 cgroup=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
number=${node#node}
log=$state/log
declare -A name_of

# Own folders over every host path that kubelet, containerd, KubeVirt or the engine write to. All of it must
# be there before the root becomes shared, or later mounts would not reach the pods.
mount_own_folders() {
  local path folder
  mount --make-rprivate /
  mount -t proc proc /proc
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/{lock,cluster,node,millrace}
  mount --bind "$state" /run/cluster
  mount --bind "$state/$node" /run/node
  for path in kubelet kubevirt-node-labeller millrace cni; do
    bind_over "/var/lib/$path" "$path"
  done
  for path in pods containers; do
    bind_over "/var/log/$path" "log-$path"
  done
  mount --make-rshared /
}

bind_over() {
  mkdir -p "$1" "$state/$node/$2"
  mount --bind "$state/$node/$2" "$1"
}

# node1 owns the bridge that the nodes' addresses are on; node2 gets a veth into it from outside. A default
# route must exist, even one to nowhere: else a service address is refused before it is translated.
make_network() {
  ip link set lo up
  sysctl -qw net.ipv4.ip_forward=1
  if [ "$node" = node1 ]; then
    ip link add nodes0 type bridge
    ip addr add 10.99.0.1/24 dev nodes0
    ip link set nodes0 up
    ip route add default via 10.99.0.254 dev nodes0
    ip route add 10.85.2.0/24 via 10.99.0.2
  else
    until ip link show uplink >/dev/null 2>&1; do sleep 0.05; done
    ip addr add "10.99.0.$number/24" dev uplink
    ip link set uplink up
    ip route add default via 10.99.0.1
    ip route add 10.85.1.0/24 via 10.99.0.1
  fi
}

write_config() {
  local file
  mkdir -p /run/node/cni
  for file in containerd.toml kubelet.yaml proxy.yaml; do
    sed "s#@NODE@#$node#; s#@CGROUP@#$cgroup/$node#" "$here/config/$file" >"/run/node/$file"
  done
  sed "s#@PODS@#10.85.$number.0/24#" "$here/config/cni.conflist" >/run/node/cni/10-pods.conflist
}

# start NAME CMD…
start() {
  local name=$1
  shift
  "$@" >"$log/$name.log" 2>&1 </dev/null &
  name_of[$!]=$name
  echo $! >"$state/run/$name.pid"
}

# when PROBE CMD…: waits for the probe, then becomes the command.
when() {
  local probe=$1
  shift
  until "$probe"; do sleep 0.1; done
  exec "$@"
}

runtime_ready() { ctr -a /run/containerd/containerd.sock version >/dev/null 2>&1; }
api_ready() {
  [ "$(curl -s --max-time 2 --cacert /run/cluster/pki/ca.crt --cert /run/cluster/pki/admin.crt --key /run/cluster/pki/admin.key \
    https://10.99.0.1:6443/readyz 2>/dev/null)" = ok ]
}

start_control_plane() {
  cd /run/cluster/pki
  start etcd etcd --name millrace --data-dir /run/cluster/etcd --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster millrace=http://127.0.0.1:2380
  start apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --secure-port=6443 --bind-address=0.0.0.0 --advertise-address=10.99.0.1 --endpoint-reconciler-type=lease \
    --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt \
    --kubelet-client-certificate=apiserver-kubelet-client.crt --kubelet-client-key=apiserver-kubelet-client.key \
    --kubelet-certificate-authority=ca.crt --kubelet-preferred-address-types=InternalIP,Hostname \
    --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
    --service-account-issuer=https://kubernetes.default.svc --api-audiences=https://kubernetes.default.svc \
    --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --allow-privileged=true --enable-aggregator-routing=true \
    --requestheader-client-ca-file=ca.crt --requestheader-allowed-names=front-proxy-client \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
    --requestheader-username-headers=X-Remote-User \
    --proxy-client-cert-file=front-proxy.crt --proxy-client-key-file=front-proxy.key
  start controller-manager when api_ready kube-controller-manager --leader-elect=false --bind-address=127.0.0.1 \
    --kubeconfig=/run/cluster/kube/controller-manager.conf \
    --authentication-kubeconfig=/run/cluster/kube/controller-manager.conf \
    --authorization-kubeconfig=/run/cluster/kube/controller-manager.conf \
    --use-service-account-credentials=true --kube-api-qps="${MILLRACE_CONTROLLER_QPS:-500}" --kube-api-burst=1000 \
    --concurrent-serviceaccount-token-syncs=20 --service-account-private-key-file=sa.key --root-ca-file=ca.crt \
    --cluster-signing-cert-file=ca.crt --cluster-signing-key-file=ca.key \
    --client-ca-file=ca.crt --requestheader-client-ca-file=ca.crt --service-cluster-ip-range=10.96.0.0/16
  start scheduler when api_ready kube-scheduler --leader-elect=false --bind-address=127.0.0.1 \
    --kubeconfig=/run/cluster/kube/scheduler.conf \
    --authentication-kubeconfig=/run/cluster/kube/scheduler.conf \
    --authorization-kubeconfig=/run/cluster/kube/scheduler.conf
  mkdir -p /run/cluster/www
  start image-server busybox httpd -f -p 10.99.0.1:8080 -h /run/cluster/www
}

start_node() {
  start "$node-containerd" containerd -c /run/node/containerd.toml
  start "$node-kubelet" when runtime_ready kubelet --config=/run/node/kubelet.yaml \
    --kubeconfig="/run/cluster/kube/kubelet-$node.conf" --hostname-override="$node" --node-ip="10.99.0.$number"
  start "$node-proxy" when api_ready kube-proxy --config=/run/node/proxy.yaml
}

record_exits() {
  local pid code
  while :; do
    pid= code=0
    wait -n -p pid || code=$?
    [ -n "${pid:-}" ] || { sleep 1; continue; }
    echo "$code" >"$state/run/${name_of[$pid]}.exit"
  done
}

[ "$node" != node1 ] || cut -d' ' -f3 /proc/self/mountinfo | sort -u >"$state/run/host-filesystems"
mount_own_folders
make_network
write_config
if [ "$node" = node1 ]; then
  start_control_plane
  start loop-recorder "$here/loops.sh" watch "$state"
fi
start_node
record_exits
