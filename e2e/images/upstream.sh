# Sourced by build.sh: images of the programs that e2e/tools builds. One key names them all: they change together.
kubevirt_version=v1.8.4
upstream_names=(pause busybox virt-operator virt-api virt-controller virt-handler virt-launcher
  csi-provisioner csi-snapshotter csi-resizer snapshot-controller)
launcher_packages=libvirt-daemon-driver-qemu,libvirt-clients,libvirt-daemon,libvirt-daemon-log,qemu-system-x86,qemu-utils,seabios,ovmf
launcher_packages+=,libnbd0,nftables,iproute2,iptables,procps,findutils,passwd,util-linux,xorriso,swtpm-tools,ethtool,tar,kmod,libcap2-bin

upstream_key() {
  local kubevirt csi
  kubevirt=$("$tools/build.sh" --dir kubevirt)
  csi=$("$tools/build.sh" --dir csi)
  key_of "$images_here"/{layers,upstream}.sh "$images_here/oci-image.py" "$tools/debian.sh" "${kubevirt##*/}" "${csi##*/}"
}
upstream_tar() {
  local key
  key=$(upstream_key)
  echo "$cache/images/$1-$key.tar"
}

upstream_reference() {
  case $1 in
    pause | busybox) echo "localhost/millrace-e2e/$1:1" ;;
    virt-*) echo "localhost/kubevirt/$1:$kubevirt_version" ;;
    csi-provisioner) echo "localhost/csi/$1:$(csi_version external-provisioner/v6)" ;;
    csi-resizer) echo "localhost/csi/$1:$(csi_version external-resizer/v2)" ;;
    csi-snapshotter | snapshot-controller) echo "localhost/csi/$1:$(csi_version external-snapshotter/v8)" ;;
  esac
}
csi_version() { awk -v module="github.com/kubernetes-csi/$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "$tools/csi/go.mod"; }

build_upstream() {
  local name=$1 out staged
  out=$(upstream_tar "$name")
  [ ! -e "$out" ] || return 0
  mkdir -p "$cache/images"
  staged=$(mktemp -d -p "$cache/images")
  say "making the image $(upstream_reference "$name")"
  case $name in
    pause) busybox_image "$staged" pause '{"Entrypoint":["/bin/busybox","sleep","2147483647"]}' ;;
    busybox) busybox_image "$staged" busybox '{"Env":["PATH=/bin"]}' ;;
    virt-launcher) launcher_image "$staged" ;;
    virt-handler) handler_image "$staged" ;;
    virt-*) program_image "$staged" "$name" kubevirt ;;
    *) program_image "$staged" "$name" csi ;;
  esac
  rm -rf "$staged"
}

upstream_image() {
  local name=$1 config=$2
  shift 2
  "$images_here/oci-image.py" "$(upstream_reference "$name")" "$(upstream_tar "$name")" --config "$config" "$@"
}

busybox_layer() {
  local folder=$1/busybox applet
  mkdir -p "$folder"/{bin,tmp,etc}
  chmod 1777 "$folder/tmp"
  cp /bin/busybox "$folder/bin/"
  for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -sf busybox "$folder/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nprogram:x:1001:1001::/:/bin/sh\n' >"$folder/etc/passwd"
  layer_of "$folder" "$1/busybox.tar" "${owned_by_root[@]}"
}

busybox_image() {
  busybox_layer "$1"
  upstream_image "$2" "$3" "$1/busybox.tar"
}

# A static Go program over busybox, as an unprivileged user.
program_image() {
  local staged=$1 name=$2 family=$3
  busybox_layer "$staged"
  mkdir -p "$staged/program/usr/bin"
  cp "$("$tools/build.sh" --dir "$family")/bin/$name" "$staged/program/usr/bin/"
  layer_of "$staged/program" "$staged/program.tar" "${owned_by_root[@]}"
  upstream_image "$name" "{\"Entrypoint\":[\"/usr/bin/$name\"],\"User\":\"1001\",\"Env\":[\"PATH=/usr/bin:/bin\"]}" \
    "$staged/busybox.tar" "$staged/program.tar"
}

# libvirt, QEMU and their company from trixie, the layer below virt-launcher and virt-handler.
launcher_root() {
  debian_tree launcher "${debian_slim[@]}" --variant=apt --include="$launcher_packages"
}
launcher_root_layer() {
  local layer root
  layer=$cache/layers/launcher-$(key_of "$launcher_packages" "$images_here/layers.sh" "$tools/debian.sh").tar
  mkdir -p "$cache/layers"
  if [ ! -e "$layer" ]; then
    root=$(launcher_root)
    layer_of_root "$root" "$layer"
  fi
  echo "$layer"
}
debian_env='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'

# KubeVirt runs QEMU as 107; Debian's packages know it as libvirt-qemu under another number.
write_accounts() {
  mkdir -p "$1/etc"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'qemu:x:107:107:qemu:/home/qemu:/bin/bash' \
    'libvirt-qemu:x:107:107:qemu:/home/qemu:/bin/bash' >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'tty:x:5:' 'qemu:x:107:' 'libvirt-qemu:x:107:' 'kvm:x:107:' >"$1/etc/group"
}

launcher_image() {
  local staged=$1 folder=$1/launcher built share root layer
  built=$("$tools/build.sh" --dir kubevirt)
  share=$built/share/virt-launcher
  root=$(launcher_root)
  mkdir -p "$folder"/{usr/bin,usr/sbin,usr/libexec/kubevirt,usr/share/OVMF,usr/lib64/qemu-kvm,etc/libvirt/hooks,home/qemu,var}
  cp "$built"/bin/{virt-launcher,virt-launcher-monitor,virt-probe,virt-tail,virt-freezer,container-disk} "$folder/usr/bin/"
  # Guests are emulated: the node's labels must tell of the CPUs that emulation has, also where there is a /dev/kvm.
  # Else no node suits a live migration.
  sed 's/VIRTTYPE=${PREFERRED_VIRTTYPE}/VIRTTYPE=qemu/' "$share/node-labeller/node-labeller.sh" >"$folder/usr/bin/node-labeller.sh"
  chmod 755 "$folder"/usr/bin/*
  install -m 644 "$share/qemu.conf" "$share/virtqemud.conf" "$folder/etc/libvirt/"
  install -m 755 "$share/qemu" "$folder/etc/libvirt/hooks/qemu"
  install -m 644 "$share/nsswitch.conf" "$folder/etc/nsswitch.conf"
  write_accounts "$folder"
  ln -s OVMF_CODE_4M.fd "$folder/usr/share/OVMF/OVMF_CODE.fd"
  ln -s OVMF_VARS_4M.fd "$folder/usr/share/OVMF/OVMF_VARS.fd"
  ln -s OVMF_CODE_4M.ms.fd "$folder/usr/share/OVMF/OVMF_CODE.secboot.fd"
  ln -s OVMF_VARS_4M.ms.fd "$folder/usr/share/OVMF/OVMF_VARS.secboot.fd"
  ln -s ../run "$folder/var/run" # relative: virt-handler follows it through /proc/<pid>/root
  # Debian builds libvirt without the modular daemons: libvirtd plays virtqemud, under its name and socket.
  cp "$root/usr/sbin/libvirtd" "$folder/usr/libexec/kubevirt/virtqemud"
  cat >"$folder/usr/sbin/virtqemud" <<'SH'
#!/bin/bash
mkdir -p /var/run/libvirt && ln -sfn libvirt-sock /var/run/libvirt/virtqemud-sock
exec /usr/libexec/kubevirt/virtqemud "$@"
SH
  chmod 755 "$folder/usr/sbin/virtqemud"
  chown -R 0:0 "$folder"
  chown -R 107:107 "$folder/home/qemu"
  setcap cap_net_bind_service+ep "$folder/usr/bin/virt-launcher-monitor"
  layer_of "$folder" "$staged/launcher.tar"
  layer=$(launcher_root_layer)
  upstream_image virt-launcher "{\"Entrypoint\":[\"/usr/bin/virt-launcher\"],$debian_env}" "$layer" "$staged/launcher.tar"
}

handler_image() {
  local staged=$1 folder=$1/handler built layer
  built=$("$tools/build.sh" --dir kubevirt)
  mkdir -p "$folder"/{usr/bin,etc}
  cp "$built"/bin/{virt-handler,virt-chroot} "$folder/usr/bin/"
  install -m 644 "$built/share/virt-launcher/nsswitch.conf" "$folder/etc/nsswitch.conf"
  write_accounts "$folder"
  layer_of "$folder" "$staged/handler.tar" "${owned_by_root[@]}"
  layer=$(launcher_root_layer)
  upstream_image virt-handler "{\"Entrypoint\":[\"/usr/bin/virt-handler\"],$debian_env}" "$layer" "$staged/handler.tar"
}
