# Sourced: installs into a running cluster what every test needs from upstream: the snapshot API with its controller,
# and KubeVirt by its own operator.
install_upstream() {
  local node=${1:-node1} csi kubevirt
  csi=$("$tools/build.sh" --dir csi)/share
  kubevirt=$("$tools/build.sh" --dir kubevirt)/share/generated
  kubectl label node "$node" node-role.kubernetes.io/control-plane= --overwrite >>"$state/log/install.log"
  cat "$csi"/crd/*.yaml "$csi/rbac/external-snapshotter/snapshot-controller/rbac-snapshot-controller.yaml" | apply
  manifest snapshot-controller | apply
  manifest kubevirt-namespace | apply
  { cat "$kubevirt/kv-resource.yaml"; echo ---
    sed 's/{{.Namespace}}/kubevirt/g' "$kubevirt/rbac-operator.authorization.k8s.yaml.in"; } | apply
  wait_for 30 "the CRD of KubeVirt" kubectl wait --for=condition=Established crd/kubevirts.kubevirt.io --timeout=1s
  manifest kubevirt-operator | apply
  manifest kubevirt | apply
  say "waiting for KubeVirt"
  wait_for 300 "KubeVirt Deployed" kubevirt_deployed
  wait_for 120 "all pods Ready" pods_ready 1
  wait_for 60 "a VirtualMachine admitted" admits_machine
}

# manifest NAME: a file of manifests/, with the version of the snapshot controller's image filled in.
manifest() {
  local image
  image=$("$repo/e2e/images/build.sh" --reference snapshot-controller)
  sed "s#@SNAPSHOT_CONTROLLER@#$image#" "$cluster_here/manifests/$1.yaml"
}
apply() { kubectl apply --server-side --force-conflicts -f - >>"$state/log/install.log"; }

kubevirt_deployed() { [ "$(kubectl -n kubevirt get kubevirt kubevirt -o 'jsonpath={.status.phase}')" = Deployed ]; }
admits_machine() { kubectl create --dry-run=server -f - <"$cluster_here/manifests/probe-machine.yaml"; }

