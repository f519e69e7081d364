"""What is proved beside the figures: that data come back as written, and that our volume survives `kill -9` of its
engine in the middle of a load."""
import json
import pathlib
import subprocess
import sys
import time

import fio
import loads
import verdicts
from verdicts import Failure

MIB = 1 << 20
WITNESS = pathlib.Path(__file__).with_name("witness.py")
WITNESS_BLOCKS = 4096
PROOF = loads.Load("cap", "4K random write, QD32, to prove the cap", "staged", loads.RANDOM_WRITE.options, 5, 3)


def cap(runner, disk, raw, size):
    """Holds the disk to its cap from now on, and shows by the raw contender that it is what limits."""
    disk.cap(True)
    if disk.capped:
        proof = runner.measure("cap", disk, raw, PROOF, size, 0)
        runner.failures += verdicts.cap_proved(proof["iops"], disk.kind)


def verify(runner, disk, contender):
    """Writes at random with checksums, reads all of it back."""
    words = ["fio", "--name=verify", *contender.fio(), "--rw=randwrite", "--bs=4k", "--iodepth=32", "--size=128M",
             "--verify=crc32c", "--verify_fatal=1", "--verify_state_save=0", f"--output={runner.folder / 'verify.log'}"]
    try:
        fio.run(words, runner.group, 600)
    except RuntimeError as failure:
        runner.failures.append(Failure("data", f"{disk.kind.key}, {contender.key}", str(failure)))


def crash(runner, disk, engine, contender, size):
    """A load over the volume, a witness on its last blocks, kill -9, recovery; what the witness was answered must be there,
    and the store whole."""
    where = f"{disk.kind.key}, {contender.key}, after kill -9"
    witness_bytes = WITNESS_BLOCKS * 4096
    offset = size - witness_bytes
    state = runner.folder / "witness.json"
    subprocess.run(["blkdiscard", "-z", "-o", str(offset), "-l", str(witness_bytes), contender.device], check=True)
    witness = start_witness("write", contender.device, offset, state)
    load = subprocess.Popen(
        fio.command(contender.targets(), ["--rw=randwrite", "--bs=4k", "--iodepth=32", "--norandommap"], offset, 60, runner.folder / "crash.json"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=runner.group.enter)
    time.sleep(2 if runner.quick else 5)
    engine.kill()
    witness.wait(timeout=120)
    load.wait(timeout=120)
    engine.start()
    contender.open()
    check = start_witness("read", contender.device, offset, state)
    said = check.communicate(timeout=300)[0]
    if check.returncode != 0:
        runner.failures.append(Failure("crash consistency", where, said.strip()[-400:] or f"the witness ended with {check.returncode}"))
    else:
        runner.say(f"  kill -9 under load, recovered: {json.loads(said)['writes']:,} answered writes of the witness are there")
    damage = engine.check()
    if damage:
        runner.failures.append(Failure("crash consistency", where, damage))


def start_witness(command, device, offset, state):
    return subprocess.Popen([sys.executable, str(WITNESS), command, device, str(offset), str(WITNESS_BLOCKS), str(state)],
                            stdout=subprocess.PIPE, text=True)
