"""docs/Troubleshooting.md against the sources: every message in it is one that attune can give."""

import glob
import os
import re

from conftest import ROOT


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources():
    """What string literals hold, neighbours joined."""
    files = [f for kind in ("lib/**/*.cpp", "tools/**/*.cpp", "include/**/*.h")
             for f in glob.glob(os.path.join(ROOT, kind), recursive=True)]
    code = "\n".join(text(f) for f in sorted(files))
    return re.sub(r'"\s*\n?\s*"', "", code)


def test_messages_exist():
    code, page = sources(), text("docs/Troubleshooting.md")
    messages = re.findall(r"^\| `(.+?)` \|", page, re.M)
    assert len(messages) > 25
    missing = [m for m in messages if not all(part.strip() in code for part in m.split("…") if part.strip())]
    assert not missing


def test_sections_are_the_exit_codes():
    codes = re.search(r"enum class ErrorCode[^{]*\{(.*?)\}", text("include/attune/Support/Error.h"), re.S)[1]
    values = sorted(int(value) for value in re.findall(r"= (\d+)", codes))
    sections = [int(number) for number in re.findall(r"^## (\d):", text("docs/Troubleshooting.md"), re.M)]
    assert sections == [value for value in values if value]
