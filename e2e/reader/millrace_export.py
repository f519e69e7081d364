#!/usr/bin/env python3
"""Writes a snapshot or volume of a Millrace store to a raw, sparse file.

    millrace_export.py STORE SNAPSHOT-OR-VOLUME OUT

It uses nothing that docs/FORMAT.md does not say, to show that this is enough, and nothing but Python. It
only reads the store (which no daemon may serve meanwhile) and gives out no block without its checksum.
"""
import os
import struct
import sys

PAGE = 4096
ZERO = None  # in a map: reads as zeros, whatever the layers below hold
U64 = (1 << 64) - 1
LOOK_AHEAD = 32  # segments without a commit after which only first pages are looked at


class Damaged(Exception):
    pass


def crc_of_pair(value):
    for _ in range(16):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


TABLE = [crc_of_pair(value) for value in range(65536)]  # CRC32C, two bytes at a time


def crc32c(data):
    crc = 0xFFFFFFFF
    for pair in struct.unpack("<%dH" % (len(data) // 2), data):
        crc = TABLE[(crc ^ pair) & 0xFFFF] ^ (crc >> 16)
    return crc ^ 0xFFFFFFFF


def mix(value):
    mixed = ((value ^ (value >> 32)) * 0x9E3779B97F4A7C15) & U64
    return ((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9) & U64


def get(form, data, at):
    return struct.unpack_from("<" + form, data, at)


class Store:
    def __init__(self, path):
        self.file = open(path, "rb")
        self.layers, self.volumes, self.snapshots = {}, {}, {}  # layers: id -> [parent, map]
        self.open_segments, self.reserve, self.chunk_segments = {}, [], set()
        self.read_superblock()
        self.read_root()
        self.read_checkpoint()
        self.replay(self.scan())

    def pages(self, page, count=1):
        self.file.seek(page * PAGE)
        data = self.file.read(count * PAGE)
        return data.ljust(count * PAGE, b"\0")

    def sealed(self, data, field):
        """Whether a structure's own checksum, at this field, is right."""
        blank = data[:field] + bytes(4) + data[field + 4:]
        return data[8:24] == self.uuid and get("I", data, field)[0] == crc32c(blank) ^ self.salt

    def block(self, address, place):
        """The data at a place, if they are those of the block; else None."""
        data = self.pages(place[0])
        return data if crc32c(data) ^ self.salt ^ (mix(address + 1) >> 32) == place[1] else None

    def newest(self, pages, good, number_at):
        copies = [copy for copy in map(self.pages, pages) if good(copy)]
        if not copies:
            raise Damaged("pages %d and %d are unreadable" % pages)
        return max(copies, key=lambda copy: get("Q", copy, number_at)[0])

    def read_superblock(self):
        sb = self.newest((0, 8), lambda c: c[:8] == b"MILLRACE" and get("I", c, 4092)[0] == crc32c(c[:4092]), 56)
        if get("I", sb, 8)[0] > 1 or any(get("QQ", sb, 40)):
            raise Damaged("the format is newer than this reader")
        self.uuid = sb[16:32]
        self.epoch, store_bytes, segment_bytes = get("QQI", sb, 56)
        self.recovered_lsn, self.secret, self.recovered_crc = get("QQI", sb, 88)
        self.segments, self.segment_pages = store_bytes // segment_bytes, segment_bytes // PAGE
        self.usable = self.segment_pages - -(-(64 + 32 * self.segment_pages) // (PAGE + 32))
        high, low = struct.unpack(">QQ", self.uuid)
        self.salt = mix(mix(mix(high) ^ low) ^ self.secret) >> 32

    def read_root(self):
        self.root = self.newest((4, 12), lambda c: c[:8] == b"MRROOT01" and self.sealed(c, 4092), 24)
        self.root_epoch, self.cut, self.durable, self.next_sequence = get("QQQQ", self.root, 32)
        self.cut_crc = get("I", self.root, 88)[0]

    def read_checkpoint(self):
        count = get("I", self.root, 80)[0]
        if count == 0:
            self.reserve = list(range(1, self.segments))
        for directory in [self.chunk(self.root, 96 + 16 * i) for i in range(count)]:
            for i in range(get("I", directory, 44)[0]):
                self.take(self.chunk(directory, 64 + 16 * i))

    def chunk(self, data, at):
        segment, page, pages, _, crc = get("IHHII", data, at)
        chunk = self.pages(segment * self.segment_pages + page, pages)
        if chunk[:8] != b"MRCHUNK1" or get("I", chunk, 60)[0] != crc or not self.sealed(chunk, 60):
            raise Damaged("checkpoint: segment %d page %d" % (segment, page))
        self.chunk_segments.add(segment)
        return chunk

    def take(self, chunk):
        kind, items = get("II", chunk, 40)
        at = 64
        if kind == 3:
            rows = [get("IBBHQ", chunk, 64 + 32 * i) for i in range(items)]
            self.open_segments.update((row[0], row[4]) for row in rows if row[1] == 1)
        elif kind == 4:
            self.reserve += get("%dI" % items, chunk, 64)
        elif kind in (2, 5):
            for _ in range(items):
                at = self.record(chunk, at) if kind == 2 else self.leaf(chunk, at)

    def leaf(self, chunk, at):
        layer, index, count, white = get("QQHH", chunk, at)
        blocks, first, at = self.layers[layer][1], index * 512, at + 24
        if count == 65535 or white & 1:
            blocks.update((first + i, ZERO) for i in range(512))
        if count == 65535:
            return at
        bitmap, at = int.from_bytes(chunk[at:at + 64], "little"), at + 64
        for i in (i for i in range(512) if bitmap >> i & 1):
            segment, slot, _, crc = get("IHHI", chunk, at)
            blocks[first + i] = ZERO if segment == 0xFFFFFFFF else (segment * self.segment_pages + slot, crc)
            at += 12
        return at

    def record(self, data, at):
        """Takes one record of a catalog or commit; returns where the next one is."""
        kind, length = get("HH", data, at)
        n = get("%dQ" % (length // 8), data, at + 4)
        if kind in (1, 4):  # a volume or snapshot: its name, layer and size
            text = at + 4 + (56 if kind == 1 else 40)
            name = data[text + 2:text + 2 + get("H", data, text)[0]].decode()
            if kind == 1:
                self.volumes[n[0]] = [name, n[1], n[3]]
                self.layers.setdefault(n[1], [n[2], {}])
            else:
                self.snapshots[n[0]] = [name, n[2], n[3]]
        elif kind in (2, 5):
            del (self.volumes if kind == 2 else self.snapshots)[n[0]]
        elif kind == 3:
            self.volumes[n[0]][2] = n[1]
        elif kind == 6:
            self.layers[n[2]] = [n[1], {}]
            self.volumes[n[0]][1] = n[2]
        elif kind == 7:
            self.zero(*n[:3])
        elif kind == 16:
            self.layers[n[0]] = [n[1], {}]
        return at + 4 + length

    def chain(self, layer):
        while layer:
            yield self.layers[layer][1]
            layer = self.layers[layer][0]

    def zero(self, layer, first, count):
        hit = {a for blocks in self.chain(layer) for a in blocks if first <= a < first + count}
        self.layers[layer][1].update((address, ZERO) for address in hit)

    def scan(self):
        """The user commits where the log may have gone on, by LSN."""
        found, barren = {}, 0
        places = [(s, self.next_sequence) for s in self.reserve if s not in self.chunk_segments]
        for segment, least in list(self.open_segments.items()) + places:
            if barren >= LOOK_AHEAD and self.pages(segment * self.segment_pages)[:24] != b"MRCOMMIT" + self.uuid:
                continue
            commits = list(self.commits(segment))
            newest = max((get("Q", c, 24)[0] for c, _ in commits), default=-1)
            for commit, page in (c for c in commits if get("Q", c[0], 24)[0] == newest >= least):
                epoch, lsn, durable = get("QQQ", commit, 32)
                self.durable = max(self.durable, durable)
                barren = -1
                if commit[62] == 0 and (lsn not in found or get("Q", found[lsn][0], 32)[0] < epoch):
                    found[lsn] = (commit, page)
            barren += 1
        return found

    def commits(self, segment):
        """Header and first data page of every commit of a segment, of whatever use."""
        base = segment * self.segment_pages
        mark = b"MRCOMMIT" + self.uuid
        for page in range(self.usable):
            data = self.pages(base + page)
            if data[:24] != mark or get("IH", data, 56) != (segment, page) or get("Q", data, 88)[0] != self.secret:
                continue
            headers, count = get("HH", data, 64)
            if 0 < headers and page + headers + count <= self.usable:
                header = self.pages(base + page, headers)
                if self.sealed(header, 124):
                    yield header, base + page + headers

    def replay(self, found):
        lsn, crc, epoch = self.cut, self.cut_crc, self.root_epoch
        self.durable = max(self.durable, self.recovered_lsn)
        while lsn + 1 in found:
            commit, page = found[lsn + 1]
            this = get("Q", commit, 32)[0]
            follows = get("I", commit, 80)[0] == crc and this >= epoch
            follows &= lsn + 1 <= self.recovered_lsn or this >= self.epoch
            blocks = (self.block(address, place) for _, address, place in self.entries(commit, page))
            if not follows or (lsn + 1 > self.durable and not all(blocks)):
                break
            self.apply(commit, page)
            lsn, epoch, crc = lsn + 1, this, get("I", commit, 124)[0]
            if lsn == self.recovered_lsn and crc != self.recovered_crc:
                raise Damaged("commit %d is not the one that was found there" % lsn)
        if lsn < self.durable:
            raise Damaged("the log ends at %d, but %d was durable" % (lsn, self.durable))

    def entries(self, commit, page):
        entries, _, size = get("HHH", commit, 66)
        for i in range(entries):
            layer, address, _, crc = get("QQQI", commit, 128 + i * size)
            yield layer, address & (1 << 48) - 1, (page + i, crc)

    def apply(self, commit, page):
        for layer, address, place in self.entries(commit, page):
            self.layers[layer][1][address] = place
        entries, records, size = get("HHH", commit, 66)
        at = 128 + entries * size
        for _ in range(records):
            at = self.record(commit, at)

    def export(self, wanted, path):
        found = [o for table in (self.snapshots, self.volumes) for i, o in table.items()
                 if wanted in (o[0], "%016x" % i)]
        if len(found) != 1:
            raise Damaged("%d objects are called %s" % (len(found), wanted))
        _, layer, size = found[0]
        content = {}
        for blocks in self.chain(layer):
            for address, place in blocks.items():
                content.setdefault(address, place)
        with open(path, "wb") as out:
            for address, place in sorted((a, p) for a, p in content.items() if p and a * PAGE < size):
                data = self.block(address, place)
                if data is None:
                    raise Damaged("block %d of %s" % (address, wanted))
                out.seek(address * PAGE)
                out.write(data)
            out.truncate(size)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        Store(sys.argv[1]).export(sys.argv[2], sys.argv[3])
    except (Damaged, OSError) as e:
        sys.exit("%s: %s" % (os.path.basename(sys.argv[0]), e))
