# Sourced: the cgroup that a cluster's pods live under, on cgroup v1 (one folder per hierarchy) and v2.
#
# Its weight is that of eight processes: with the default, one, all pods together would get a ninth of a processor
# beside a compiler with eight threads, and guests that are emulated would boot for minutes.
cpu_weight_processes=8

make_cgroups() {
  local hierarchy parent node=$1
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$cgroup/$node"
    for parent in /sys/fs/cgroup "/sys/fs/cgroup/$cgroup" "/sys/fs/cgroup/$cgroup/$node"; do
      sed 's/^/+/; s/ / +/g' "$parent/cgroup.controllers" >"$parent/cgroup.subtree_control"
    done
    echo $((cpu_weight_processes * 100)) | tee "/sys/fs/cgroup/$cgroup/cpu.weight" >"/sys/fs/cgroup/$cgroup/$node/cpu.weight"
    return
  fi
  for hierarchy in $(cgroup_hierarchies); do
    for parent in "$hierarchy/$cgroup" "$hierarchy/$cgroup/$node"; do
      mkdir -p "$parent"
      [ ! -e "$parent/cpu.shares" ] || echo $((cpu_weight_processes * 1024)) >"$parent/cpu.shares"
      [ ! -e "$parent/cpuset.cpus" ] || { cat "$hierarchy/cpuset.cpus" >"$parent/cpuset.cpus"; cat "$hierarchy/cpuset.mems" >"$parent/cpuset.mems"; }
    done
  done
}

cgroup_hierarchies() { find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d ! -name unified ! -name "$cgroup"; }

own_cgroups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$cgroup" 2>/dev/null; }

# A cgroup can be removed when the last of its processes is gone from it, a moment after they died.
remove_cgroups() {
  local tries folder
  for tries in {1..50}; do
    [ -n "$(own_cgroups)" ] || return 0
    for folder in $(own_cgroups); do find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
    [ -z "$(own_cgroups)" ] || sleep 0.1
  done
  echo "error: cgroups with processes in them: $(own_cgroups | tr '\n' ' ')" >&2
  return 1
}
