"""Where and with what a table was made."""

import json
import os
import platform
import subprocess

from . import engines


def describe(attune, peers):
    return {"cpu": _cpu(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "python": platform.python_version(), "load_before": os.getloadavg()[0],
            "versions": {"attune": _attune_version(attune),
                         **{peer: engines.version(peer) for peer in peers}}}


def _cpu():
    """The model's name, and its number where the name says little, as on virtual machines."""
    with open("/proc/cpuinfo") as file:
        pairs = (line.partition(":") for line in file if ":" in line)
        fields = {key.strip(): value.strip() for key, _, value in pairs}
    vectors = [name for name in ("avx2", "avx512f", "amx_tile") if name in fields["flags"].split()]
    return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']}; " \
           f"{', '.join(vectors) or 'no AVX2'})"


def _attune_version(attune):
    done = subprocess.run([attune, "--version", "--json"], capture_output=True, text=True)
    return json.loads(done.stdout).get("attune") if done.returncode == 0 else None
