"""A side of a comparison: a worker process that runs only while it is asked something."""

import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parents[1]
PATIENCE = 900  # seconds for one answer
TICKS = os.sysconf("SC_CLK_TCK")


class SideError(Exception):
    """An engine that failed, in its own words."""


class Side:
    """One engine on one spelling of a cell's model, in its own process."""

    def __init__(self, engine, spelling, request):
        self.engine, self.spelling = engine, spelling
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "harness.worker"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, env=environment)
        self.used = None
        self.timed = self.foreign = 0.0  # seconds of timing; processor time of others meanwhile
        try:
            self.load_ms = self.ask(do="load", engine=engine, **request)["load_ms"]
        except BaseException:
            self.close()
            raise

    def ask(self, **request):
        """The worker's answer. The process is stopped before and after."""
        self._wake()
        before = _machine_seconds() - self._seconds()
        start = time.monotonic()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise SideError(self._death()) from None
        line = self._answer()
        elapsed = time.monotonic() - start
        foreign = _machine_seconds() - self._seconds() - before
        self._stop()
        reply = json.loads(line)
        if "error" in reply:
            raise SideError(reply["error"])
        if request["do"] == "time":
            self.timed += elapsed
            self.foreign += max(0.0, foreign)
        return reply

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _answer(self):
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise SideError(f"no answer within {PATIENCE} s")
        line = self.process.stdout.readline()
        if not line:
            raise SideError(self._death())
        return line

    def _death(self):
        code = self.process.wait()
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().split("\n")
        return f"died of signal {-code}" if code < 0 else f"left with exit {code}: {lines[-1]}"

    def _stop(self):
        """Returns when no thread runs any more."""
        os.kill(self.process.pid, signal.SIGSTOP)
        while not all(state in "TtZX" for state in self.thread_states()):
            time.sleep(0.0005)
        self.used = self._seconds()

    def _wake(self):
        """Continues a stopped process; that it did nothing meanwhile is checked."""
        if self.used is None:
            return
        if self._seconds() != self.used:
            raise SideError("ran while another engine was timed")
        os.kill(self.process.pid, signal.SIGCONT)

    def thread_states(self):
        """The letters of /proc: R runs, S sleeps, T is stopped."""
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            try:
                yield _fields(task)[0]
            except OSError:  # a thread that has just ended
                continue

    def _seconds(self):
        """Processor time used so far."""
        fields = _fields(f"/proc/{self.process.pid}/stat")
        return (int(fields[11]) + int(fields[12])) / TICKS


def _fields(path):
    """The fields of a stat file after the name, which may hold spaces."""
    with open(path) as file:
        return file.read().rpartition(")")[2].split()


def _machine_seconds():
    """Processor time that all of the machine has used; what a hypervisor stole counts too."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS
