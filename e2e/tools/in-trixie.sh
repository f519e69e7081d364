#!/bin/bash
# Compiles the two KubeVirt programs that link libvirt and libnbd, in a Debian trixie build root with this host's Go.
#
#   in-trixie.sh MODULE LDFLAGS BIN      MODULE: folder with go.mod, its modules already in the module cache
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
module=$1 ldflags=$2 bin=$3

root=$(debian_tree build "${debian_slim[@]}" --variant=apt \
  --include=gcc,libc6-dev,libvirt-dev,libnbd-dev,pkg-config,ca-certificates)

# The mounts live and die with this mount namespace. Each builder mounts over folders of its own.
export root module bin ldflags
GOROOT=$(go env GOROOT) GOMODCACHE=$(go env GOMODCACHE) GOCACHE=$(go env GOCACHE)
export GOROOT GOMODCACHE GOCACHE
exec unshare --mount --propagation private bash -euo pipefail -c '
  bind() { mkdir -p "$root/$2"; mount --rbind "$1" "$root/$2"; }
  bind "$GOROOT" goroot
  bind "$GOMODCACHE" gomodcache
  bind "$GOCACHE" gocache
  bind "$module" module
  bind "$bin" bin.out
  bind /dev dev
  mount -t proc proc "$root/proc"
  exec chroot "$root" /usr/bin/env -i PATH=/goroot/bin:/usr/bin:/bin HOME=/root TMPDIR=/tmp GOROOT=/goroot \
    GOMODCACHE=/gomodcache GOCACHE=/gocache GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOPROXY=off CGO_ENABLED=1 \
    GOBIN=/bin.out LDFLAGS="$ldflags" sh -c "cd /module && exec go install -trimpath -ldflags \"\$LDFLAGS\" \
      kubevirt.io/kubevirt/cmd/virt-launcher kubevirt.io/kubevirt/cmd/virt-handler"
'
