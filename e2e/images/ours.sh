# Sourced by build.sh: Millrace's own images, thin layers over one base, from what Maven left in target folders.
our_names=(engine csi-driver operator importer)
our_tag=${MILLRACE_IMAGE_TAG:-dev}
our_tar() { echo "$repo/target/images/$1.tar"; }
java_env='"PATH=/opt/millrace/bin:/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","JAVA_HOME=/opt/java"'

# The base alone, so that a golden cluster has its big layers unpacked before any image of ours is loaded.
base_tar() {
  local layers key
  layers=$(base_layers)
  key=$(key_of "${layers//$cache/}" "$images_here/oci-image.py")
  echo "$cache/images/base-$key.tar"
}
build_base() {
  local out layers paths
  out=$(base_tar)
  [ ! -e "$out" ] || return 0
  mkdir -p "$cache/images"
  paths=$(base_layers) # assigned, so that a failure ends the script
  mapfile -t layers <<<"$paths"
  "$images_here/oci-image.py" localhost/millrace/base:1 "$out" "${layers[@]}"
}

build_ours() {
  local name=$1 staged
  staged=$(mktemp -d)
  chmod 755 "$staged"
  case $name in
    engine) engine_image "$staged" ;;
    csi-driver) quarkus_image "$staged" csi-driver csi-driver/target/quarkus-app 0 ;;
    operator) quarkus_image "$staged" operator operator/target/quarkus-app 65532 ;;
    importer) importer_image "$staged" ;;
  esac
  rm -rf "$staged"
}

our_image() {
  local name=$1 config=$2 staged=$3 layers paths
  paths=$(base_layers) # assigned, so that a failure ends the script
  mapfile -t layers <<<"$paths"
  mkdir -p "$repo/target/images"
  layer_of "$staged" "$staged.tar" "${owned_by_root[@]}"
  "$images_here/oci-image.py" "localhost/millrace/$name:$our_tag" "$(our_tar "$name")" --config "$config" "${layers[@]}" "$staged.tar"
  rm -f "$staged.tar"
}

# built FOLDER MODULE: the folder, or the command that makes it.
built() {
  [ -d "$repo/$1" ] || die "$1 is not there; build it first: mvn -q -pl $2 -am package -DskipTests"
  echo "$repo/$1"
}

engine_image() {
  local app
  app=$(built engine/daemon/target/app engine/daemon)
  mkdir -p "$1/opt/millrace"
  cp -r "$app/." "$1/opt/millrace/"
  our_image engine "{\"Entrypoint\":[\"/opt/millrace/bin/millraced\"],\"Env\":[$java_env]}" "$1"
}

quarkus_image() {
  local staged=$1 name=$2 folder=$3 user=$4 app start
  app=$(built "$folder" "$name")
  mkdir -p "$staged/opt/millrace/$name" "$staged/opt/millrace/bin"
  cp -r "$app/." "$staged/opt/millrace/$name/"
  start=$staged/opt/millrace/bin/$name
  cat >"$start" <<SH
#!/bin/sh
# JAVA_OPTS: flags for the JVM, split at spaces.
exec /opt/java/bin/java \$JAVA_OPTS -jar /opt/millrace/$name/quarkus-run.jar "\$@"
SH
  chmod 755 "$start"
  our_image "$name" "{\"Entrypoint\":[\"/opt/millrace/bin/$name\"],\"User\":\"$user\",\"Env\":[$java_env]}" "$staged"
}

importer_image() {
  local scripts
  scripts=$(built operator/src/main/importer operator)
  mkdir -p "$1/opt/millrace/importer"
  cp -r "$scripts/." "$1/opt/millrace/importer/"
  chmod 755 "$1"/opt/millrace/importer/*.sh
  our_image importer "{\"Entrypoint\":[\"/opt/millrace/importer/import.sh\"],\"User\":\"65532\",\"Env\":[$java_env]}" "$1"
}
