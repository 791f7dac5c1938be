"""Times a cell: every engine on every spelling, in turns, after their results were compared."""

import contextlib
import json
import pathlib
import shutil
import statistics
import subprocess

from . import agreement, feeds
from .sides import Side, SideError

OURS = "attune"


class Refused(Exception):
    """attune does not compile the model (exit 4)."""


class AttuneFailed(Exception):
    """attune failed where it should not have."""


class Bench:
    """What all cells of a run share: the engines, the options, a folder for models."""

    def __init__(self, attune, library, peers, rounds, seconds, folder):
        self.attune, self.library, self.peers = str(attune), str(library), peers
        self.rounds, self.seconds = rounds, seconds
        self.folder = pathlib.Path(folder)
        self.sources = {}
        self.limits = True  # until attune turns out not to measure them

    def source(self, source):
        """A cell's spellings and artefact, made once for all of its cells."""
        if source not in self.sources:
            folder = self.folder / f"source_{len(self.sources)}"
            folder.mkdir()
            spellings = source.write(folder)
            artifact = folder / "model.attune"
            done = subprocess.run([self.attune, "compile", "-q", spellings[0][1], "-o", artifact],
                                  capture_output=True, text=True)
            self.sources[source] = spellings, artifact, done.returncode, done.stderr.strip()
        spellings, artifact, code, message = self.sources[source]
        if code:
            raise (Refused if code == 4 else AttuneFailed)(message.split("\n")[0])
        return spellings, str(artifact)

    def cell(self, cell):
        """The record of a cell: times and samples of each side, ratio, notes."""
        record = {"name": cell.source.name, "sizes": cell.sizes, "threads": cell.threads,
                  "label": cell.label(), "status": "timed", "sides": [], "notes": []}
        try:
            spellings, artifact = self.source(cell.source)
            self._timed(cell, spellings, artifact, record)
        except Refused as error:
            record.update(status="refused", message=str(error))
        except (AttuneFailed, SideError) as error:
            record.update(status="failed", message=str(error))
        return record

    def _timed(self, cell, spellings, artifact, record):
        folder = self.folder / "cell"
        folder.mkdir()
        inputs = feeds.write(spellings[0][1], cell.sizes, cell.integers_below, folder)
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder)
            sides = self._start(stack, cell, spellings, artifact, inputs, record)
            sides = self._check(sides, folder, record)
            samples = self._rounds(sides)
            record["sides"] = [_side_record(side, samples[side]) for side in sides]
            record.update(_ratios(record["sides"]))
            record["others"] = sum(s.foreign for s in sides) / sum(s.timed for s in sides)
            if self.limits:
                record["profile"] = self._profile(cell, artifact, inputs)

    def _start(self, stack, cell, spellings, artifact, inputs, record):
        """attune's side first, then every peer's that loads the model."""
        request = {"threads": cell.threads, "feeds": inputs, "library": self.library}
        ours = Side(OURS, spellings[0][0], {**request, "model": artifact})
        sides = [stack.enter_context(ours)]
        for peer in self.peers:
            for spelling, path, engines in spellings:
                if engines and peer not in engines:
                    continue
                try:
                    side = Side(peer, spelling, {**request, "model": path})
                    sides.append(stack.enter_context(side))
                except SideError as error:
                    _note(record, peer, spelling, f"does not load it: {error}")
        return sides

    def _check(self, sides, folder, record):
        """Runs each side once, and drops the peers whose results no other engine has."""
        folders = {}
        for side in list(sides):
            place = folder / f"{side.engine}_{side.spelling}"
            place.mkdir()
            try:
                side.ask(do="save", folder=str(place))
            except SideError as error:
                if side.engine == OURS:
                    raise
                _note(record, side.engine, side.spelling, f"does not run it: {error}")
                sides.remove(side)
                continue
            folders[side.engine, side.spelling] = place
        wrong, differences = agreement.judge(folders)
        ours = (sides[0].engine, sides[0].spelling)
        if ours in wrong:
            raise AttuneFailed(f"results differ from every other engine's, by at least "
                               f"{wrong[ours]:.1e} of the largest magnitude")
        for (engine, spelling), least in wrong.items():
            _note(record, engine, spelling, f"left out: its results are wrong by {least:.1e} of the "
                  "largest magnitude")
        kept = [side for side in sides if (side.engine, side.spelling) not in wrong]
        others = [differences[ours, key] for key in folders if key != ours and key not in wrong]
        record["difference"] = max(others, default=None)
        for place in folders.values():
            shutil.rmtree(place)
        return kept

    def _rounds(self, sides):
        """{side: [samples of a round, …]}. Another side begins each round."""
        samples = {side: [] for side in sides}
        for number in range(self.rounds):
            first = number % len(sides)
            for side in sides[first:] + sides[:first]:
                samples[side].append(side.ask(do="time", seconds=self.seconds)["samples"])
        return samples

    def _profile(self, cell, artifact, inputs):
        """What `attune bench` says of each dispatch and of the machine's limits now."""
        command = [self.attune, "bench", artifact, "--profile", "--json", "--warmup", "1",
                   "--runs", "3", "--threads", str(cell.threads)]
        for name, path in inputs.items():
            command += ["--input", f"{name}={path}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise AttuneFailed(f"bench --profile: exit {done.returncode}: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        self.limits = bool(report.get("limits"))
        return shares(report["limits"], report["dispatches"]) if self.limits else None


def shares(limits, dispatches):
    """A profile, with what all dispatches together reach, in percent: of the peak of
    multiply-adds, and each of what bounds it, weighed by time."""
    known = [d for d in dispatches if d.get("share") is not None]
    spent, bounded = (sum(d["ms"] for d in some) for some in (dispatches, known))
    flops = sum(d.get("flops") or 0 for d in dispatches)
    return {"limits": limits, "dispatches": dispatches,
            "of_peak": flops / (spent * limits["fma_gflops"] * 1e4) if spent else None,
            "of_bound": sum(d["ms"] * d["share"] for d in known) / bounded if bounded else None}


def _note(record, engine, spelling, text):
    record["notes"].append({"engine": engine, "spelling": spelling, "text": text})


def _side_record(side, samples):
    rounds = [statistics.median(found) for found in samples]
    return {"engine": side.engine, "spelling": side.spelling, "load_ms": side.load_ms,
            "median_ms": statistics.median(rounds), "round_ms": rounds, "samples_ms": samples}


def _ratios(sides):
    """The best peer's time over attune's: the median over the rounds, and their range."""
    ours = sides[0]
    best = min(sides[1:], key=lambda side: side["median_ms"], default=None)
    if best is None:
        return {"best": None, "ratio": None, "ratios": []}
    ratios = [theirs / mine for theirs, mine in zip(best["round_ms"], ours["round_ms"])]
    return {"best": best["engine"], "ratio": statistics.median(ratios), "ratios": ratios}
