# Sourced: the cluster's certificates. One CA that signs everything; valid for ten years, since a golden cluster keeps them.
pki_days=3650

make_pki() {
  mkdir -p "$state/pki" "$state/kube"
  (
    cd "$state/pki"
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -subj /CN=millrace-e2e -days $pki_days -out ca.crt
    local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
    certificate apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:10.96.0.1,IP:10.99.0.1,$names"
    certificate admin /O=system:masters/CN=admin
    certificate controller-manager /CN=system:kube-controller-manager
    certificate scheduler /CN=system:kube-scheduler
    certificate proxy /CN=system:kube-proxy
    certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
    certificate front-proxy /CN=front-proxy-client
    local number
    for number in 1 2; do
      certificate "kubelet-node$number" "/O=system:nodes/CN=system:node:node$number"
      certificate "serving-node$number" "/CN=node$number" "IP:10.99.0.$number,DNS:node$number"
    done
    openssl genrsa -out sa.key 2048 2>/dev/null
    openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  )
  local user
  for user in admin controller-manager scheduler proxy kubelet-node1 kubelet-node2; do kubeconfig "$user" >"$state/kube/$user.conf"; done
}

certificate() {
  local name=$1 subject=$2 alternative=${3:-}
  openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"
  openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
  { printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n'
    [ -z "$alternative" ] || echo "subjectAltName=$alternative"; } >"$name.ext"
  openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days $pki_days -extfile "$name.ext" -out "$name.crt" 2>/dev/null
  rm "$name.csr" "$name.ext"
}

kubeconfig() {
  local pki=$state/pki
  cat <<YAML
apiVersion: v1
kind: Config
clusters: [{name: millrace-e2e, cluster: {server: "https://10.99.0.1:6443", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$pki/$1.crt"), client-key-data: $(base64 -w0 "$pki/$1.key")}}]
contexts: [{name: millrace-e2e, context: {cluster: millrace-e2e, user: $1}}]
current-context: millrace-e2e
YAML
}
