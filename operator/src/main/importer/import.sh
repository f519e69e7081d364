#!/bin/bash
# Downloads one disk image onto a block device, or says why not.
#
#   IMPORT_URL       http or https address of the file
#   IMPORT_SHA256    its digest; a file with another one is never taken
#   IMPORT_FORMAT    raw or qcow2; never guessed
#   IMPORT_TARGET    the device (or an existing file); all of it is overwritten
#   IMPORT_SCRATCH   a folder for a qcow2 file while it is checked
#   IMPORT_REPORT    where the reason of a failure goes       (default: /dev/termination-log)
#   IMPORT_TRIES     downloads that are tried in all          (default: 3)
#
# A failure leaves one line in the report: a reason for the operator, then a message for people. Reasons:
# Unreachable Truncated DigestMismatch FormatMismatch HasBackingFile HasExternalDataFile TooLarge NoSpace
# DiskFailed Broken. What the target holds after a failure is undefined; the operator throws it away.
#
# The file is hostile until its digest is checked, and a qcow2 file also after that: it is read as qcow2 and
# nothing else, and only when its header names no other file.
#
# Bash takes no notice of a failure in a function that is called before || or in an if, however deep: what runs
# under `download` says itself what becomes of its failures.
set -Eeuo pipefail
export LC_ALL=C

url=$IMPORT_URL
digest=$IMPORT_SHA256
format=$IMPORT_FORMAT
target=$IMPORT_TARGET
scratch=$IMPORT_SCRATCH
report=${IMPORT_REPORT:-/dev/termination-log}
tries=${IMPORT_TRIES:-3}

# Zero runs of this length are left as holes.
hole=65536
# Curl's own words for what happened, and dd's count.
curl_says=$scratch/curl.err
dd_says=$scratch/dd.err
digest_says=$scratch/digest

main() {
  trap 'broken "$BASH_COMMAND"' ERR
  target_bytes=$(bytes_of "$target") || fail DiskFailed "the disk $target can't be opened"
  case $format in
    raw) import_raw ;;
    qcow2) import_qcow2 ;;
    *) fail FormatMismatch "format $format is unknown: use raw or qcow2" ;;
  esac
  sync "$target" || fail DiskFailed "the disk can't be written: what was written did not arrive"
  echo "imported $url: $target_bytes bytes"
}

# --- raw: straight to the device ---------------------------------------------------------------------------

import_raw() {
  download stream_to_target
  check_digest "$(cat "$digest_says")"
  check_is_raw
}

# One try: curl → at most one byte more than fits → digest, and the device.
stream_to_target() {
  local codes
  zero_target
  rm -f "$digest_says"
  fetch | head -c $((target_bytes + 1)) | tee >(sha256sum | cut -c1-64 >"$digest_says") |
    dd of="$target" bs=$hole iflag=fullblock conv=sparse,notrunc,fsync 2>"$dd_says"
  codes=("${PIPESTATUS[@]}")
  check_written "${codes[3]}"
  [ "${codes[0]}" = 0 ] || return "${codes[0]}"
  wait_for_digest
}

# A device has no space left at its end, where the image is too large, or before, where the store is full.
check_written() {
  local copied
  copied=$(bytes_copied)
  if [ "$copied" -gt "$target_bytes" ] || { [ "$1" != 0 ] && [ "$copied" = "$target_bytes" ] && is_full; }; then
    fail TooLarge "the image is larger than the disk of $target_bytes bytes: raise size"
  fi
  [ "$1" != 0 ] || return 0
  ! is_full || fail NoSpace "the store is full: delete volumes or snapshots, or enlarge it"
  fail DiskFailed "the disk can't be written: $(head -n 1 "$dd_says")"
}

is_full() { grep -q 'No space left' "$dd_says"; }

bytes_copied() { sed -n 's/^\([0-9]*\) bytes.*/\1/p' "$dd_says" | tail -n 1 | grep . || echo 0; }

# The process substitution ends a moment after the pipeline.
wait_for_digest() {
  for _ in $(seq 100); do
    [ -s "$digest_says" ] && return
    sleep 0.05
  done
  fail Truncated "the digest of the file could not be taken"
}

# A file in another format would be a disk that doesn't boot: say it now.
check_is_raw() {
  local head
  head=$(hex 0 8)
  case $head in
    514649fb*) fail FormatMismatch "the file is qcow2, not raw: set format to qcow2" ;;
    1f8b* | fd377a58* | 28b52ffd* | 425a68*) fail FormatMismatch "the file is compressed: publish it uncompressed" ;;
    4b444d56* | 636f6e6563746978*) fail FormatMismatch "the file is a VMDK or VHD, not raw: convert it" ;;
  esac
}

# --- qcow2: to scratch, checked, then converted --------------------------------------------------------------

import_qcow2() {
  local file=$scratch/image.qcow2
  download save_to "$file"
  check_digest "$(sha256sum "$file" | cut -c1-64)"
  check_qcow2 "$file"
  zero_target
  # The format is named: without -f, qemu-img would guess, and a guest could have written the guess.
  if ! qemu-img convert -f qcow2 -O raw -n --target-is-zero -S $hole -t writeback "$file" "$target" 2>"$scratch/qemu.err"; then
    fail FormatMismatch "qemu-img can't read the image: $(tail -n 1 "$scratch/qemu.err")"
  fi
  rm -f "$file"
}

save_to() {
  local status=0
  : >"$1" || fail NoSpace "no room for the download in $scratch"
  fetch >"$1" || status=$?
  # 23: curl could not write
  [ "$status" != 23 ] || fail NoSpace "no room for the download: $(df -h --output=avail "$scratch" | tail -n 1 || true) left"
  return "$status"
}

# Offsets and bits: docs/interop/qcow2 of QEMU. All numbers are big-endian.
check_qcow2() {
  local file=$1 version backing size crypt features=0
  [ "$(hex 0 4 "$file")" = 514649fb ] || fail FormatMismatch "the file is not qcow2: set format to what it is"
  version=$((16#$(hex 4 4 "$file")))
  case $version in 2 | 3) ;; *) fail FormatMismatch "qcow2 version $version is not supported: convert it to version 3" ;; esac
  backing=$(hex 8 8 "$file")
  [ "$backing" = 0000000000000000 ] || fail HasBackingFile "the image needs a backing file: flatten it (qemu-img convert)"
  size=$((16#$(hex 24 8 "$file")))
  # A size with the top bit set reads as negative.
  if [ "$size" -lt 0 ] || [ "$size" -gt "$target_bytes" ]; then
    fail TooLarge "the image's disk has $size bytes, more than the $target_bytes of size: raise size"
  fi
  crypt=$(hex 32 4 "$file")
  [ "$crypt" = 00000000 ] || fail FormatMismatch "the image is encrypted: decrypt it (qemu-img convert)"
  [ "$version" = 2 ] || features=$((16#$(hex 72 8 "$file")))
  (((features & 4) == 0)) || fail HasExternalDataFile "the image keeps its data in another file: convert it (qemu-img convert)"
  (((features & 2) == 0)) || fail FormatMismatch "the image is marked corrupt: repair it (qemu-img check -r all)"
  # Known: dirty, corrupt, external data, compression type, extended L2.
  (((features & ~31) == 0)) || fail FormatMismatch "the image uses features that are unknown: $features"
}

# --- both ------------------------------------------------------------------------------------------------------

# Tries a way to download until it works; what can't get better by trying again ends at once.
download() {
  local try status reason
  for ((try = 1; ; try++)); do
    status=0
    "$@" || status=$?
    [ "$status" != 0 ] || return 0
    reason=$(reason_of "$status")
    if [ "$try" -ge "$tries" ]; then
      fail "$reason" "$url: $(tail -n 1 "$curl_says") (tried $try times)"
    fi
    sleep $((try * 2))
  done
}

# Curl's status: 18 is a file that ended too early, 56 a connection that did.
reason_of() {
  case $1 in 18 | 56) echo Truncated ;; *) echo Unreachable ;; esac
}

fetch() {
  curl --fail --silent --show-error --location --max-redirs 5 --proto '=http,https' --proto-redir '=http,https' \
    --connect-timeout 10 --speed-limit 1024 --speed-time 30 -- "$url" 2>"$curl_says"
}

check_digest() {
  [ "$1" = "$digest" ] ||
    fail DigestMismatch "the file has sha256 $1, not $digest: correct the digest, or publish the right file"
}

# Holes of the image are not written, so they must be zero before.
zero_target() {
  if [ -b "$target" ]; then
    blkdiscard --zeroout "$target"
  else
    truncate -s 0 "$target" && truncate -s "$target_bytes" "$target"
  fi || fail DiskFailed "the disk can't be cleared: what an earlier attempt left would shine through"
}

bytes_of() { if [ -b "$1" ]; then blockdev --getsize64 "$1"; else stat -c %s "$1"; fi; }

# hex OFFSET LENGTH [FILE]
hex() { od -An -v -tx1 -j "$1" -N "$2" "${3:-$target}" | tr -d ' \n'; }

fail() {
  echo "$1 $2" >&2
  printf '%s %s\n' "$1" "$2" >"$report"
  exit 1
}

# For what no line above foresees; a reason that was given already stays.
broken() {
  trap - ERR
  [ -s "$report" ] || fail Broken "a step of the importer failed: $1"
  exit 1
}

main
