#!/usr/bin/env python3
"""Writes blocks that tell what they are, one at a time, until it can't; then says which were answered.

  witness.py write DEVICE OFFSET BLOCKS STATE     until an error or SIGTERM; STATE: JSON {answered: {block: count}, …}
  witness.py read DEVICE OFFSET BLOCKS STATE      exit code 1 when a block is not one that may be there

A block that was answered must be there, or a later one that was sent for the same place; nothing else may be.
"""
import json
import mmap
import os
import random
import signal
import struct
import sys
import zlib

BLOCK = 4096
HEAD = struct.Struct("<8sQQI")
MAGIC = b"WITNESS1"


def content(block, count):
    body = random.Random(block << 32 | count).randbytes(256) * ((BLOCK - HEAD.size) // 256 + 1)
    body = body[: BLOCK - HEAD.size]
    return HEAD.pack(MAGIC, block, count, zlib.crc32(body)) + body


def count_in(page, block):
    """The write that a page holds; 0 when it was never written; None when it is no whole write of that block."""
    if not any(page):
        return 0
    magic, found, count, checksum = HEAD.unpack_from(page)
    whole = magic == MAGIC and found == block and checksum == zlib.crc32(page[HEAD.size:])
    return count if whole else None


def wrong(block, found, answered, sent):
    """Why what was found can't be; None when it can."""
    if found is None:
        return f"block {block} holds no whole write"
    if found < answered:
        return f"block {block} holds write {found}, but write {answered} was answered"
    if found > sent:
        return f"block {block} holds write {found}, but only {sent} were sent"
    return None


def write(device, offset, blocks, state):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    file = os.open(device, os.O_RDWR | os.O_DIRECT)
    page = mmap.mmap(-1, BLOCK)
    answered, sent, error = {}, {}, None
    while not stop:
        block = random.randrange(blocks)
        sent[block] = sent.get(block, 0) + 1
        page[:] = content(block, sent[block])
        try:
            os.pwrite(file, page, offset + block * BLOCK)
            answered[block] = sent[block]
            if len(answered) % 64 == 0:
                os.fsync(file)
        except OSError as failure:
            error = str(failure)
            break
    with open(state, "w") as out:
        json.dump({"answered": answered, "sent": sent, "error": error}, out)


def read(device, offset, blocks, state):
    kept = json.load(open(state))
    file = os.open(device, os.O_RDONLY | os.O_DIRECT)
    page = mmap.mmap(-1, BLOCK)
    faults = []
    for block in range(blocks):
        os.preadv(file, [page], offset + block * BLOCK)
        fault = wrong(block, count_in(bytes(page), block), kept["answered"].get(str(block), 0), kept["sent"].get(str(block), 0))
        if fault:
            faults.append(fault)
    print(json.dumps({"blocks": blocks, "writes": sum(kept["answered"].values()), "faults": len(faults), "first": faults[:3]}))
    return 1 if faults else 0


if __name__ == "__main__":
    command, device, offset, blocks, state = sys.argv[1:]
    sys.exit({"write": write, "read": read}[command](device, int(offset), int(blocks), state))
