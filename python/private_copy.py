#!/usr/bin/env python3
"""Copies a shared library under another name, which its users then ask for: a process that has
loaded the original too keeps them apart. private_copy.py FROM OLD-NAME TO

The new name is the one of the file TO; it must be as long as the old one.
"""

import os
import sys


def main():
    source, old, target = sys.argv[1:]
    new = os.path.basename(target)
    with open(source, "rb") as file:
        data = file.read()
    was, is_now = (b"\0" + name.encode() + b"\0" for name in (old, new))
    if len(was) != len(is_now) or data.count(was) != 1:
        sys.exit(f"{source}: '{old}' must be there once, and be as long as '{new}'")
    with open(target, "wb") as file:
        file.write(data.replace(was, is_now))
    os.chmod(target, 0o755)


if __name__ == "__main__":
    main()
