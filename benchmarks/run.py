#!/usr/bin/env python3
"""Times attune next to other engines, in turns within one run, on the same inputs.

benchmarks/run.py CONFIG… [--models DIR] [--out DIR] …      configs: benchmarks/configs
benchmarks/run.py MODEL.onnx --sizes batch=1,seq=128 …      a model of your own

A cell's ratio is the best peer's time over attune's. See benchmarks/README.md.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import cells, engines, machine, measure, plot, table  # noqa: E402

LIBRARY = "libAttuneRuntime.so"


def built_attune():
    return HERE.parent / os.environ.get("ATTUNE_BUILD_DIR", "build") / "bin" / "attune"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="+", metavar="CONFIG",
                        help="a name in configs/, a .toml file, or an .onnx file")
    parser.add_argument("--attune", type=pathlib.Path, metavar="BIN",
                        default=pathlib.Path(os.environ.get("ATTUNE", built_attune())),
                        help="default: $ATTUNE, or this tree's build")
    parser.add_argument("--models", metavar="DIR", help="folders with model.onnx and its weights")
    parser.add_argument("--peers", default="onnxruntime,openvino", metavar="A,B",
                        help=f"of {', '.join(engines.PEERS)}; default: %(default)s")
    parser.add_argument("--threads", type=_counts, metavar="N,N", help="instead of the config's")
    parser.add_argument("--sizes", type=cells.parse_sizes, nargs="+", metavar="NAME=N,NAME=N",
                        help="for an .onnx file: what its symbols are, cell by cell")
    parser.add_argument("--only", default="", metavar="REGEX", help="cells whose label matches")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each side's turn in a round")
    parser.add_argument("--list", action="store_true", help="show the cells, time nothing")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="write CONFIG.md, CONFIG.json and CONFIG.svg there")
    parser.add_argument("--date", default="", help="to be stated in what is written")
    return parser.parse_args(arguments)


def _counts(text):
    return [int(part) for part in text.split(",")]


def runtime_library(attune):
    """The runtime's shared object, in a build tree or where attune is installed."""
    if not attune.exists():
        sys.exit(f"run.py: there is no {attune}: build the tree with scripts/build, or give --attune")
    path = attune.resolve().parents[1] / "lib" / LIBRARY
    if path.exists():
        return path
    sys.exit(f"run.py: no {LIBRARY} lies near {attune}: build the tree with scripts/build")


def chosen_peers(text):
    """Those asked for that are installed; the others are named."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in engines.PEERS:
            sys.exit(f"run.py: no peer {name}: there are {', '.join(engines.PEERS)}")
    missing = [name for name in names if not engines.installed(name)]
    if missing:
        print(f"not installed, left out: {', '.join(missing)} (benchmarks/setup installs all)\n")
    return [name for name in names if name not in missing]


def write(folder, name, report):
    """After every cell, so that an interrupted run leaves what it has."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(report) + "\n")
    (folder / f"{name}.md").write_text(table.page(name, report))
    (folder / f"{name}.svg").write_text(plot.svg(f"{name}: ratio to the best peer",
                                                 report["cells"]))


def run(name, wanted, bench, args):
    """Times a config's cells, showing each as it comes. True when attune failed in none."""
    start = time.monotonic()
    report = {"schema": 1, "config": name, "date": args.date, "rounds": args.rounds,
              "seconds": args.seconds, "peers": bench.peers,
              "machine": machine.describe(bench.attune, bench.peers), "cells": []}
    print(f"{name}: {len(wanted)} cells\n")
    shares = None
    for cell in wanted:
        record = bench.cell(cell)
        report["cells"].append(record)
        if shares is None:  # the first cell has shown whether this attune measures them
            shares = bench.limits
            print(table.head(bench.peers, shares))
        print(table.line(record, bench.peers, shares), flush=True)
        if args.out:
            write(args.out, name, report)
    print(f"\n{table.summary(report['cells'])} Took {time.monotonic() - start:.0f} s.")
    for note in table.notes(report["cells"]):
        print(f"- {note}")
    print()
    return all(record["status"] != "failed" for record in report["cells"])


def time_configs(args):
    """The whole run; the exit status."""
    configs = [cells.read(subject, args.models, args.sizes, args.threads)
               for subject in args.subjects]
    configs = [(name, [cell for cell in found if re.search(args.only, cell.label())])
               for name, found in configs]
    if args.list:
        for _, found in configs:
            print("\n".join(cell.label() for cell in found))
        return 0
    library, peers = runtime_library(args.attune), chosen_peers(args.peers)
    fine = True
    with tempfile.TemporaryDirectory(prefix="attune-bench-") as folder:
        bench = measure.Bench(args.attune, library, peers, args.rounds, args.seconds, folder)
        for name, found in configs:
            fine = run(name, found, bench, args) and fine
    return 0 if fine else 1


def main(arguments=None):
    try:
        return time_configs(parse(arguments))
    except cells.ConfigError as error:
        sys.exit(f"run.py: {error}")


if __name__ == "__main__":
    sys.exit(main())
