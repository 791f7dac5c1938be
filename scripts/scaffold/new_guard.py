"""A guard: a lit test that fails when attune no longer sees in a model what it sees today."""

import json
import os
import re
import subprocess

HEAD = """What attune sees in {model}; written by `scripts/new guard`.
RUN: attune explain %S/{path} | FileCheck %s

One line per concept, in the order of the graph. What stands below each in the report (nodes,
costs) may change with the compiler; these facts may not.

"""


def make(root, model, attune, output):
    """Writes the test and returns its path and how many facts it guards."""
    output = output or os.path.splitext(model)[0] + ".test"
    if os.path.exists(output):
        raise SystemExit(f"new: {output} exists already")
    facts = [region["fact"] for region in regions(root, model, attune) if region["concept"]]
    if not facts:
        raise SystemExit(f"new: attune sees no attention, norm or other concept in {model}")
    path = os.path.relpath(model, os.path.dirname(os.path.abspath(output)))
    text = HEAD.format(model=os.path.basename(model), path=path)
    with open(output, "w") as file:
        file.write(text + "".join(f"{check(fact)}\n" for fact in facts))
    return output, len(facts)


def regions(root, model, attune):
    attune = attune or os.path.join(root, os.environ.get("ATTUNE_BUILD_DIR", "build"), "bin", "attune")
    try:
        done = subprocess.run([attune, "explain", "--json", model], capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"new: {attune}: {error.strerror}: run scripts/build, or give --attune") from None
    if done.returncode != 0:
        raise SystemExit(f"new: {done.stderr.strip() or attune + ' failed'}")
    return json.loads(done.stdout)["regions"]


def check(fact):
    """The whole fact, so that a key more is noticed too. Brackets that FileCheck would read stand
    in a regular expression."""
    fact = re.sub(r"\[\[|\{\{|\}\}", lambda m: "{{" + re.escape(m[0]) + "}}", fact)
    return "CHECK: {{^}}" + fact + "{{  (raised )?from }}"
