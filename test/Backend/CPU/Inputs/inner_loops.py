"""Prints, for each innermost loop of an assembly text that multiplies and adds, how often, and
how many values it spills or reloads: `NAME products=64 spills=0`, NAME the function's.
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
    for function, body in loops(sys.stdin.read().split("\n")):
        products = sum("vfmadd" in line for line in body)
        spills = sum("Spill" in line or "Reload" in line for line in body)
        if products:
            print(f"{function} products={products} spills={spills}")


main()
