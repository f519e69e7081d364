#!/usr/bin/env python3
"""Writes an OCI image archive from layer tars; no container engine is needed.

    oci-image.py NAME OUT.tar [--config JSON] LAYER.tar...

NAME is the full reference (localhost/millrace/engine:dev): containerd takes it from the index annotation.
Layers are uncompressed tars, lowest first; a layer is named by the SHA-256 of its bytes, so equal layers of
different images are stored and unpacked once. The same input gives the same bytes: no time stamps, sorted keys.

    oci-layout                {"imageLayoutVersion": "1.0.0"}
    index.json                one manifest descriptor, annotated with NAME
    blobs/sha256/<manifest>   config descriptor + layer descriptors
    blobs/sha256/<config>     architecture, os, the image's config (Entrypoint, Env, User), diff_ids
    blobs/sha256/<layer>      the layer tar, byte for byte
"""
import argparse
import hashlib
import io
import json
import os
import tarfile

MEDIA = "application/vnd.oci.image."


def sha256_of_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def add_bytes(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def add_blob(archive, media, content):
    digest = hashlib.sha256(content).hexdigest()
    add_bytes(archive, "blobs/sha256/" + digest, content)
    return {"mediaType": MEDIA + media, "digest": "sha256:" + digest, "size": len(content)}


def add_layer(archive, path, written):
    digest = sha256_of_file(path)
    if digest not in written:
        written.add(digest)
        entry = tarfile.TarInfo("blobs/sha256/" + digest)
        entry.size = os.path.getsize(path)
        with open(path, "rb") as file:
            archive.addfile(entry, file)
    return {"mediaType": MEDIA + "layer.v1.tar", "digest": "sha256:" + digest, "size": os.path.getsize(path)}


def write_image(name, out, config, layer_paths):
    with tarfile.open(out, "w") as archive:
        written = set()
        layers = [add_layer(archive, path, written) for path in layer_paths]
        rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}
        config_blob = add_blob(
            archive,
            "config.v1+json",
            as_json({"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs}),
        )
        manifest = {"schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json", "config": config_blob, "layers": layers}
        descriptor = add_blob(archive, "manifest.v1+json", as_json(manifest))
        descriptor["annotations"] = {"io.containerd.image.name": name}
        add_bytes(archive, "index.json", as_json({"schemaVersion": 2, "manifests": [descriptor]}))
        add_bytes(archive, "oci-layout", as_json({"imageLayoutVersion": "1.0.0"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("out")
    parser.add_argument("--config", type=json.loads, default={})
    parser.add_argument("layers", nargs="+")
    arguments = parser.parse_args()
    partial = arguments.out + ".partial"
    write_image(arguments.name, partial, arguments.config, arguments.layers)
    os.replace(partial, arguments.out)


if __name__ == "__main__":
    main()
