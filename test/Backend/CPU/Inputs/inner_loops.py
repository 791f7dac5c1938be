"""Prints, for each innermost loop of an assembly text that multiplies and adds, how often, how many
vectors it spills or reloads, and how many numbers: `NAME products=64 spills=0 scalars=0`, NAME the
function's. The text has LLVM's comments; without any, it cannot tell, and fails.
"""

import re
import sys


def loops(lines):
    """(function, body) of every loop without another label inside."""
    function, label, start = "", None, 0
    for at, line in enumerate(lines):
        if named := re.match(r"([A-Za-z_]\w*):", line):
            function, label = named[1], None
        elif block := re.match(r"(\.L\w+):", line):
            label, start = block[1], at
        elif (jump := re.match(r"\s+j\w+\s+(\.L\w+)", line)) and jump[1] == label:
            yield function, lines[start:at + 1]


def main():
    text = sys.stdin.read()
    if "# " not in text:
        sys.exit("the assembly has no comments")
    for function, body in loops(text.split("\n")):
        products = sum("vfmadd" in line for line in body)
        spilled = [line for line in body if "Spill" in line or "Reload" in line]
        vectors = sum(re.search(r"# (16|32|64)-byte", line) is not None for line in spilled)
        if products:
            print(f"{function} products={products} spills={vectors} scalars={len(spilled) - vectors}")


main()
