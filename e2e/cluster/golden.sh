# Sourced: the golden cluster, made once and kept in the cache: its images unpacked, KubeVirt deployed, stopped cleanly.
#
#   $cache/golden/store-<key>/     containerd's folder with all upstream images and our base unpacked
#   $cache/golden/cluster-<key>/   etcd, pki, kube; `made` is when
#
# A key is a hash of all that went in. A start takes a copy: the image store as hard links (layers are never
# written to; the databases are real copies), the rest as files. So a crash can't spoil the golden cluster, and
# several clusters can run from one.
golden=$cache/golden
golden_days=150 # KubeVirt's certificates (manifests/kubevirt.yaml) and tokens inside must outlive it

store_folder() {
  local key
  key=$("$repo/e2e/images/build.sh" --upstream-key)
  echo "$golden/store-$key"
}

golden_folder() {
  local inputs key
  inputs=$(cat "$cluster_here"/{init,pki,upstream}.sh "$cluster_here"/config/* "$cluster_here"/manifests/*
    store_folder
    "$tools/build.sh" --path)
  key=$(sha256sum <<<"$inputs" | cut -c1-12)
  echo "$golden/cluster-$key"
}

is_usable() { [ -e "$1/made" ] && [ $(($(date +%s) - $(cat "$1/made"))) -lt $((golden_days * 86400)) ]; }

copy_store() {
  local source=$1 target=$2 database
  rm -rf "$target"
  mkdir -p "$(dirname "$target")"
  cp -al "$source" "$target" 2>/dev/null || { rm -rf "$target"; cp -a "$source" "$target"; }
  find "$source" -name '*.db' | while read -r database; do
    cp --remove-destination "$database" "$target/${database#"$source"/}"
  done
}

make_store() {
  local store=$1 images archives started=$SECONDS
  archives=$("$repo/e2e/images/build.sh" upstream base) || die "the upstream images could not be made"
  mapfile -t images <<<"$archives"
  say "unpacking ${#images[@]} images for the golden cluster"
  rm -rf "$store.making"
  mkdir -p "$store.making"
  if ! CONFIG=$cluster_here/config/containerd.toml STORE=$store.making \
    unshare --mount --propagation private "$cluster_here/import.sh" "${images[@]}" >"$golden/store.log" 2>&1 9>&-; then
    tail -n 20 "$golden/store.log" >&2
    die "the images could not be imported; log: $golden/store.log"
  fi
  mv "$store.making" "$store"
  say "images unpacked in $((SECONDS - started)) s"
}

# Makes the golden cluster when there is none that can be used, in a state folder of its own.
prepare() (
  local target store started=$SECONDS
  mkdir -p "$golden"
  exec 6>"$golden/lock"
  flock --nonblock 6 || { say "waiting for another command that makes the golden cluster"; flock 6; }
  "$tools/host-packages.sh"
  "$tools/build.sh" kubernetes etcd csi kubevirt
  store=$(store_folder)
  [ -d "$store" ] || make_store "$store"
  target=$(golden_folder)
  ! is_usable "$target" || exit 0
  say "making the golden cluster"
  use_state "$golden/making"
  stop_nodes
  rm -rf "$state" "$target"
  mkdir -p "$state"/{log,run}
  trap 'stop_nodes' EXIT
  make_pki
  copy_store "$store" "$state/node1/containerd"
  start_nodes 1 6>&-
  wait_for 60 "the API server ready" api_ready
  wait_for 60 "node1 Ready" nodes_ready 1
  install_upstream
  end_process node1-kubelet
  end_process etcd # the API server would wait a minute for its watchers; it holds nothing
  stop_nodes
  mkdir -p "$target"
  mv "$state"/{etcd,pki,kube} "$target/"
  date +%s >"$target/made"
  rm -rf "$state"
  trap - EXIT
  say "golden cluster made in $((SECONDS - started)) s"
)

# What no start has used for two weeks: a changed input leaves gigabytes under its old key.
forget_unused() {
  touch "$@"
  find "$golden" "$cache"/{images,layers,guest} -mindepth 1 -maxdepth 1 ! -name lock -mtime +14 -exec rm -rf --one-file-system {} +
}

# restore NODES: a state folder as the golden cluster was when it stopped.
restore() {
  local source number store
  source=$(golden_folder)
  store=$(store_folder)
  forget_unused "$source" "$store"
  [ ! -e "$state" ] || [ -d "$state/run" ] || [ -z "$(ls -A "$state")" ] || die "$state is no cluster's state folder; MILLRACE_STATE must name one, or nothing"
  rm -rf "$state"
  mkdir -p "$state"/{log,run}
  cp -a "$source"/{etcd,pki,kube} "$state/"
  for ((number = 1; number <= $1; number++)); do copy_store "$store" "$state/node$number/containerd"; done
}
