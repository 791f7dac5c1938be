"""Habits of text: no loose ends, no machine's paths, no registry's address, a head."""

import re

from . import files

HOSTS = "|".join(
    [r"py" r"pi\.org", r"python" r"hosted\.org", r"deb\." r"debian\.org", r"crates\." r"io",
     r"npm" r"js\.(org|com)", r"hugging" r"face\.co", r"gh" r"cr\.io", r"docker\." r"io"]
)
LOOSE_END = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
REGISTRY = re.compile(HOSTS)
MACHINE_PATH = re.compile(r"(?<![\w.$}%/-])/(work|tmp|root|home)/[\w.]")
HEADED = (".h", ".cpp", ".c", ".td", ".py", ".pdll")
NOT_OURS = ("LICENSE",)


def check(paths):
    problems = []
    for path in paths:
        text = files.read(path)
        if text is None or path in NOT_OURS:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            problems += [f"{path}:{number}: {what}" for what in _line(line)]
        if text and not text.endswith("\n"):
            problems.append(f"{path}: no newline at the end")
        if path.endswith(HEADED) and text and not text.startswith(("//", "#", '"""', "/*")):
            problems.append(f"{path}: does not open with what it is for")
    return problems


def _line(line):
    if line != line.rstrip():
        yield "trailing whitespace"
    if LOOSE_END.search(line):
        yield "a loose end: name an issue in prose, or do it"
    if REGISTRY.search(line):
        yield "a registry's host name"
    if MACHINE_PATH.search(line):
        yield "a path of somebody's machine"
