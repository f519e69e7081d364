#!/bin/bash
# Prints what a cluster that is down has left on the machine; exits 1 when there is something.
#
#   leftovers.sh
#
# It looks for processes, mounts, loop devices, network namespaces and cgroups of the cluster whose state folder is
# $MILLRACE_STATE (default: target/cluster). Other clusters' are not its business.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "${BASH_SOURCE[0]}")/state.sh"
source "$(dirname "${BASH_SOURCE[0]}")/cgroups.sh"

processes() {
  local environment
  for environment in /proc/[0-9]*/environ; do
    if grep -qzxF "MILLRACE_CLUSTER=$cgroup" "$environment" 2>/dev/null; then
      echo "process ${environment//[^0-9]/}: $(tr '\0' ' ' <"${environment%environ}cmdline" 2>/dev/null | cut -c1-100)"
    fi
  done
}
shims() {
  local folder
  for folder in $(own_cgroups); do
    find "$folder" -name cgroup.procs -exec cat {} + | sort -u | sed 's/^/process in a pod: /'
  done
}
mounts() { cut -d' ' -f4,5 /proc/[0-9]*/mountinfo 2>/dev/null | grep -F "$state/" | sort -u | sed 's/^/mount /' || true; }
# By the kernel's word alone: the volumes of this cluster's stores, and what is stacked on them.
loops() {
  local store file device known=' ' before
  for store in "$state"/node*/millrace/state/*/; do
    store=$(basename "$store")
    for file in $(grep -ls "/millrace-$store-" /sys/block/loop*/loop/backing_file || true); do
      device=${file#/sys/block/}
      known+="/dev/${device%%/*} "
    done
  done
  until [ "${before:-}" = "$known" ]; do
    before=$known
    for file in /sys/block/loop*/loop/backing_file; do
      device=/dev/$(cut -d/ -f4 <<<"$file")
      [[ $known != *" $device "* && $known == *" $(sed 's/ (deleted)$//' "$file" 2>/dev/null || echo none) "* ]] || continue
      known+="$device "
    done
  done
  for device in $known; do echo "loop device $device"; done
}
namespaces() { find "$state/run" -name '*.init' 2>/dev/null | while read -r file; do is_alive && echo "cluster still up: $file"; done || true; }

found=$(processes; shims; mounts; loops; namespaces; own_cgroups | sed 's/^/cgroup /')
[ -n "$found" ] || exit 0
echo "$found"
exit 1
