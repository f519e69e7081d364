#!/bin/bash
# Builds the upstream programs that the e2e cluster runs, from source through the Go module proxy.
#
#   build.sh FAMILY…      kubernetes etcd csi kubevirt        (default: all)
#   build.sh --path       prints the bin folders, ready for PATH
#
# Each family has one go.mod + go.sum beside this script: those two files are the pin. The programs go to
# $MILLRACE_CACHE/tools/<family>-<hash of go.mod, go.sum, this script's recipe>/bin, so a clone, a branch or
# a second run finds them again; a changed pin builds anew and leaves the old folder to `./dev clean --cache`.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}
families=(kubernetes etcd csi kubevirt)
export GOTOOLCHAIN=local GOFLAGS="${GOFLAGS:--buildvcs=false}"
# Five KubeVirt modules are unknown to the checksum database; go.sum (equal to KubeVirt's own) still guards them.
export GONOSUMDB='github.com/rhobs/*,kubevirt.io/*'

kubernetes_version=v1.36.3
kubevirt_version=v1.8.4

# Bump a family's number when its recipe below changes what it produces without touching go.mod.
declare -A recipe=([kubernetes]=1 [etcd]=1 [csi]=2 [kubevirt]=1)

family_dir() {
  local hash
  hash=$(cat "$here/$1/go.mod" "$here/$1/go.sum" <(echo "${recipe[$1]}") | sha256sum | cut -c1-12)
  echo "$cache/tools/$1-$hash"
}

say() { echo "[$(date +%T)] $*"; }

build_kubernetes() {
  local x=k8s.io/component-base/version minor=${kubernetes_version#v1.}
  (cd "$here/kubernetes" && CGO_ENABLED=0 GOBIN=$1 go install -trimpath \
    -ldflags "-s -w -X $x.gitVersion=$kubernetes_version -X $x.gitMajor=1 -X $x.gitMinor=${minor%%.*} -X $x.gitTreeState=clean" tool)
}

build_etcd() { (cd "$here/etcd" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$1/etcd" go.etcd.io/etcd/server/v3); }

# The sidecars, csi-sanity, and the YAML that upstream ships with them: their RBAC and the snapshot CRDs.
build_csi() {
  (cd "$here/csi" && CGO_ENABLED=0 GOBIN=$1 go install -trimpath -ldflags "-s -w" tool)
  local share=$1/../share module dir
  mkdir -p "$share/rbac" "$share/crd"
  for module in external-provisioner/v6 external-snapshotter/v8 external-resizer/v2; do
    dir=$(cd "$here/csi" && go list -m -f '{{.Dir}}' "github.com/kubernetes-csi/$module")
    mkdir -p "$share/rbac/${module%/*}"
    cp -r "$dir/deploy/kubernetes/." "$share/rbac/${module%/*}/"
  done
  dir=$(cd "$here/csi" && go list -m -f '{{.Dir}}' github.com/kubernetes-csi/external-snapshotter/client/v8)
  cp "$dir"/config/crd/*snapshot.storage.k8s.io_*.yaml "$share/crd/"
  chmod -R u+w "$share"
}

# virt-launcher and virt-handler link libvirt and libnbd, newer than an old host has: they are compiled in a
# Debian trixie build root. libnbd's Go binding is not on the module proxy; Debian's source package carries it.
build_kubevirt() {
  local bin=$1 work=$1/../work x=kubevirt.io/client-go/version source
  rm -rf "$work"; mkdir -p "$work"; work=$(cd "$work" && pwd)
  cp "$here/kubevirt/go.mod" "$here/kubevirt/go.sum" "$work/"
  "$here/libnbd-go.sh" "$work/libnbd-go"
  sed -i "s#=> .*libnbd-go\$#=> ./libnbd-go#" "$work/go.mod"
  local flags="-s -w -X $x.gitVersion=$kubevirt_version -X $x.gitTreeState=clean"
  (cd "$work" && CGO_ENABLED=0 GOBIN=$bin go install -trimpath -ldflags "$flags" \
    kubevirt.io/kubevirt/cmd/{virt-operator,virt-api,virt-controller,virtctl,virt-launcher-monitor,virt-probe,virt-tail,virt-chroot,virt-freezer})
  source=$(cd "$work" && go list -m -f '{{.Dir}}' kubevirt.io/kubevirt)
  gcc -static -O2 "$source/cmd/container-disk-v2alpha/main.c" -o "$bin/container-disk"
  mkdir -p "$bin/../share"
  cp -r "$source/cmd/virt-launcher" "$source/manifests/generated" "$bin/../share/"
  chmod -R u+w "$bin/../share"
  # The build root has no network: this fetches the modules that only the cgo programs need.
  (cd "$work" && CGO_ENABLED=1 go list -deps kubevirt.io/kubevirt/cmd/{virt-launcher,virt-handler} >"$work/deps")
  "$here/in-trixie.sh" "$work" "$flags" "$bin"
  rm -rf "$work"
}

build_family() {
  local family=$1 dir started
  dir=$(family_dir "$family")
  [ -e "$dir/complete" ] && return
  mkdir -p "$dir"
  exec 5>"$dir.lock"
  flock --nonblock 5 || { say "waiting for another run that builds $family"; flock 5; }
  [ -e "$dir/complete" ] && return
  started=$SECONDS
  say "building $family (log: $dir/build.log); the Go compiler needs: kubernetes ~7 min, csi ~4, kubevirt ~6, etcd ~1"
  rm -rf "$dir/bin" "$dir/share"; mkdir -p "$dir/bin"
  # In the background, because bash ignores `set -e` inside anything that an `if` asks; as a group, so that no compiler
  # goes on when this is interrupted.
  set -m
  "build_$family" "$dir/bin" >"$dir/build.log" 2>&1 5>&- &
  set +m
  trap 'kill -TERM -- -$! 2>/dev/null || true' EXIT
  if ! wait $!; then
    trap - EXIT
    tail -n 30 "$dir/build.log" >&2
    echo "error: building $family failed; whole log: $dir/build.log" >&2
    exit 1
  fi
  trap - EXIT
  touch "$dir/complete"
  say "$family built in $((SECONDS - started)) s: $(ls "$dir/bin" | tr '\n' ' ')"
}

if [ "${1:-}" = --path ]; then
  for family in "${families[@]}"; do printf '%s/bin:' "$(family_dir "$family")"; done; echo
  exit
fi
if [ "${1:-}" = --dir ]; then family_dir "$2"; exit; fi
[ $# -gt 0 ] || set -- "${families[@]}"
for family in "$@"; do
  [ -f "$here/$family/go.mod" ] || { echo "error: no such family: $family (have: ${families[*]})" >&2; exit 2; }
  build_family "$family"
done
