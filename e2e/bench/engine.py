"""One millraced on a store of its own, and the command line tool that talks to it."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import devices

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS_MAX = 120
CLONE_TIMES = pathlib.Path(__file__).with_name("CloneTimes.java")


def cpu_of(pid):
    """User and system seconds that a process used."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, 0.0
    return int(fields[11]) / CLOCK_TICKS, int(fields[12]) / CLOCK_TICKS


class Engine:
    """Started in the disk's control group. `kill` is kill -9; `start` after it recovers."""

    def __init__(self, app, folder, store, group):
        self.app, self.store, self.group = app, store, group
        self.folder = pathlib.Path(folder)
        self.staging = pathlib.Path(f"/dev/shm/millrace-bench-{os.getpid()}")
        self.nbd = self.folder / "nbd" / "socket"  # millraced makes the folder, for its user alone
        self.process = None
        self.attached = set()
        self.environment = dict(os.environ, MILLRACE_SOCKET=str(self.folder / "engine.sock"))

    def program(self, name):
        return str(self.app / "bin" / name)

    def serves_nbd(self):
        return "--nbd-socket" in devices.run(self.program("millraced"), "--help")

    def format(self, size):
        """A fresh store. A device's space is written: its backing file is; with what, does not matter."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.staging.mkdir(exist_ok=True)
        how = ["--force"] if pathlib.Path(self.store).is_block_device() else ["--size", f"{size >> 20}MiB"]
        devices.run(self.program("millrace"), "store", "format", self.store, *how)

    def start(self):
        command = [self.program("millraced"), "--store", self.store, "--socket", self.environment["MILLRACE_SOCKET"],
                   "--state-dir", self.folder / "state", "--staging-dir", self.staging, "--health", "127.0.0.1:0",
                   *(["--nbd-socket", self.nbd] if self.serves_nbd() else [])]
        log = self.folder / "millraced.log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out, preexec_fn=self.group.enter)
        began = time.monotonic()
        while "serving on" not in log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() - began > START_SECONDS_MAX:
                raise RuntimeError(f"millraced did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.1)

    def tell(self, *arguments):
        """A command that answers nothing."""
        devices.run(self.program("millrace"), *arguments, env=self.environment)

    def call(self, *arguments):
        return json.loads(devices.run(self.program("millrace"), *arguments, "-o", "json", env=self.environment))

    def create(self, volume, size):
        self.call("volume", "create", volume, "--size", f"{size >> 20}MiB")

    def attach(self, volume):
        self.attached.add(volume)
        return self.call("volume", "attach", volume)["device"]

    def clone_seconds(self, snapshot, prefix, count):
        """Makes so many clones of a snapshot, over one connection as the CSI driver does; how long the engine took to answer each."""
        java = pathlib.Path(os.environ["JAVA_HOME"]) / "bin/java" if "JAVA_HOME" in os.environ else "java"
        printed = devices.run(java, "--enable-native-access=ALL-UNNAMED", "-cp", f"{self.app}/lib/*", CLONE_TIMES,
                              self.environment["MILLRACE_SOCKET"], snapshot, prefix, count)
        return [float(line) / 1000 for line in printed.split()]

    def detach(self, volume):
        self.attached.discard(volume)
        self.tell("volume", "detach", volume)

    def nbd_uri(self, volume):
        return f"nbd+unix:///{volume}?socket={self.nbd}"

    def ring_bytes(self):
        """What answered writes may wait in; the file is as large as it can get."""
        return sum(file.stat().st_size for file in self.staging.glob("*.ring"))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def check(self):
        """What is wrong in the store, every live block of it, beside the running engine; None: nothing."""
        done = subprocess.run([self.program("millrace"), "store", "check"], capture_output=True, text=True, env=self.environment, check=False)
        return None if done.returncode == 0 else f"store check: exit code {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}"

    def stop_process(self):
        """In order; the volumes stay attached, for a start that comes after."""
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()

    def stop(self):
        if self.process and self.process.poll() is None:
            for volume in sorted(self.attached):
                subprocess.run([self.program("millrace"), "volume", "detach", volume], capture_output=True, env=self.environment, check=False)
            self.stop_process()
        for file in self.staging.glob("*"):
            file.unlink()
        self.staging.rmdir()


def serve(stack, runner, disk, size):
    """A fresh store on the disk, served until the stack ends."""
    engine = Engine(runner.app, runner.folder / "engine", disk.store, runner.group)
    stack.callback(shutil.rmtree, engine.folder, ignore_errors=True)
    engine.format(size)
    stack.callback(engine.stop)
    engine.start()
    return engine
