# Sourced by ./dev: the cluster with Millrace installed, the demo, the command line inside it.

# Debian guests v1 and v2, raw and qcow2, with their digests; kept in the cache.
guest_images() {
  local tag
  for tag in v1 v2; do
    e2e/guest/build.sh "$cache/guest/debian-$tag.raw" --tag "$tag"
  done
}

images() {
  say "making the container images"
  mkdir -p target/logs
  e2e/images/build.sh ours >target/logs/images.log 2>&1 || { tail -n 20 target/logs/images.log >&2; die "images could not be made; log: target/logs/images.log"; }
}

# publish_guests FOLDER: links the guests into what the cluster's image server shows at http://10.99.0.1:8080/.
publish_guests() {
  local file
  mkdir -p "$1"
  for file in "$cache"/guest/debian-*.{raw,qcow2,sha256}; do
    [ "$file" -ef "$1/$(basename "$file")" ] || ln -f "$file" "$1/" 2>/dev/null || cp --sparse=always "$file" "$1/"
  done
}

up() {
  need_host
  need_room_for_cluster
  need_go
  e2e/tools/build.sh
  need_java
  build
  images
  guest_images
  e2e/cluster/cluster.sh up "$@"
  publish_guests "${MILLRACE_STATE:-$repo/target/cluster}/www"
  load_changed_images
  e2e/cluster/cluster.sh exec kubectl label node node1 millrace.io/storage=true --overwrite >/dev/null
  say "installing Millrace: kubectl apply -k manifests/overlays/testbed"
  e2e/cluster/cluster.sh exec kubectl apply --server-side -k manifests/overlays/testbed >target/logs/apply.log 2>&1 ||
    { cat target/logs/apply.log >&2; die "the manifests were refused"; }
  restart_changed
  wait_for_millrace
  mv "$loaded.new" "$loaded"
}

# load_changed_images: loads those that the cluster doesn't have yet; $changed names the ones that it had otherwise.
load_changed_images() {
  local name tar
  loaded=${MILLRACE_STATE:-$repo/target/cluster}/run/loaded changed=
  : >"$loaded.new"
  for name in engine csi-driver operator importer; do
    tar=target/images/$name.tar
    sha256sum "$tar" >>"$loaded.new"
    ! grep -qsxF "$(tail -n 1 "$loaded.new")" "$loaded" || continue
    e2e/cluster/cluster.sh load-images "$tar"
    [ ! -e "$loaded" ] || changed+=" $name"
  done
}

# The images keep their names, so Kubernetes doesn't see that they changed. The engine's pods are replaced by hand
# only; its volumes come back with it.
restart_changed() {
  local name inside=(e2e/cluster/cluster.sh exec kubectl -n millrace-system)
  for name in $changed; do
    say "$name has changed: restarting it"
    case $name in
      engine) "${inside[@]}" delete pod -l app.kubernetes.io/name=millrace-engine ;;
      csi-driver) "${inside[@]}" rollout restart daemonset/millrace-csi-node ;;
      operator) "${inside[@]}" rollout restart deployment/millrace-operator ;;
    esac >>target/logs/apply.log 2>&1
  done
}

wait_for_millrace() {
  local kind inside=(e2e/cluster/cluster.sh exec kubectl -n millrace-system)
  # The engine's pods are replaced by hand only, and `rollout status` knows nothing of such a DaemonSet.
  if ! "${inside[@]}" wait daemonset/millrace-engine --for=jsonpath='{.status.numberReady}'=1 --timeout=300s >>target/logs/apply.log 2>&1; then
    explain daemonset/millrace-engine
  fi
  for kind in daemonset/millrace-csi-node deployment/millrace-{provisioner,snapshotter,resizer,operator}; do
    "${inside[@]}" rollout status "$kind" --timeout=180s >>target/logs/apply.log 2>&1 || explain "$kind"
  done
  say "Millrace runs; look around with ./dev status and ./dev kubectl get pods -A"
}

# explain KIND/NAME: why it is not ready, and the end.
explain() {
  local inside=(e2e/cluster/cluster.sh exec kubectl -n millrace-system)
  "${inside[@]}" get pods -o wide >&2 || true
  "${inside[@]}" get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 >&2 || true
  "${inside[@]}" logs "$1" --all-containers --tail=30 >&2 || true
  die "$1 did not become ready; log: target/logs/apply.log"
}

# Ends the cluster and looks for anything that it has left: processes, mounts, loop devices, cgroups.
down() {
  e2e/cluster/cluster.sh down
  e2e/cluster/leftovers.sh
}

status() {
  e2e/cluster/cluster.sh status || return
  e2e/cluster/cluster.sh exec kubectl get ms,dp,dt,dc,gi -A
  e2e/cluster/cluster.sh exec python3 e2e/cluster/memory.py
}

millrace() {
  e2e/cluster/cluster.sh exec kubectl -n millrace-system exec daemonset/millrace-engine -c engine -- /opt/millrace/bin/millrace "$@"
}

e2e_classpath() { echo "e2e/target/test-classes:e2e/target/classes:$(cat e2e/target/classpath)"; }

# inside_java CLASS ARG…: a class of e2e, run inside the cluster's namespaces.
inside_java() {
  mkdir -p target/logs
  e2e/cluster/cluster.sh exec env JAVA_HOME="$JAVA_HOME" "$JAVA_HOME/bin/java" -Xmx512m \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -Djava.util.logging.config.file=e2e/dev/logging.properties -Dkubernetes.request.timeout=60000 -cp "$(e2e_classpath)" "$@"
}

demo() {
  local keep= arguments=() code=0
  while [ $# -gt 0 ]; do
    case $1 in
      --keep) keep=yes ;;
      --desktops) arguments+=(--desktops "${2:?--desktops wants a number}"); shift ;;
      *) die "demo: no such option: $1 (have: --desktops N, --keep)" ;;
    esac
    shift
  done
  [ -n "$keep" ] || trap 'echo; say "ending the cluster"; e2e/cluster/cluster.sh down >/dev/null || true' EXIT
  up
  inside_java io.millrace.e2e.demo.Demo "${arguments[@]}" --out target/demo || code=$?
  if [ -n "$keep" ]; then
    say "the cluster stays up; ./dev down ends it"
  else
    trap - EXIT
    down
  fi
  return $code
}
