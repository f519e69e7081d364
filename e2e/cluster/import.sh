#!/bin/bash
# Imports image archives into a fresh containerd folder, in a mount namespace that the caller has made.
#
#   CONFIG=containerd.toml STORE=FOLDER import.sh TAR…
set -euo pipefail
shopt -s inherit_errexit
mount -t tmpfs tmpfs /run
mkdir -p /run/node/containerd
mount --bind "$STORE" /run/node/containerd
containerd -c "$CONFIG" &
containerd=$!
images() { ctr -a /run/containerd/containerd.sock -n k8s.io images "$@"; }
for _ in {1..200}; do
  ! images ls >/dev/null 2>&1 || break
  kill -0 $containerd
  sleep 0.05
done
for tar in "$@"; do images import "$tar"; done
images label localhost/millrace-e2e/pause:1 io.cri-containerd.pinned=pinned
kill -TERM $containerd
wait $containerd || true
