"""Small edits of existing files: lists in CMake, records in TableGen, sections elsewhere."""

import os
import re


class Tree:
    """The files to write; nothing reaches the disk before `save`."""

    def __init__(self, root):
        self.root, self.changed, self.created = root, {}, []

    def exists(self, path):
        return path in self.changed or os.path.exists(os.path.join(self.root, path))

    def read(self, path):
        if path in self.changed:
            return self.changed[path]
        with open(os.path.join(self.root, path)) as f:
            return f.read()

    def write(self, path, text):
        self.changed[path] = text

    def create(self, path, text):
        """A new file; what is there already is never overwritten."""
        if self.exists(path):
            raise SystemExit(f"new: {path} exists already")
        self.created.append(path)
        self.write(path, text)

    def insert_before(self, path, marker, text):
        """Puts `text` before the last line that equals `marker`."""
        whole = self.read(path)
        at = whole.rfind(f"\n{marker}\n")
        if at < 0:
            raise SystemExit(f"new: {path} has no line {marker!r} to write before")
        self.write(path, whole[: at + 1] + text + whole[at + 1 :])

    def insert_after_last(self, path, start, text):
        """Puts `text` after the last line that begins with `start`."""
        lines = self.read(path).split("\n")
        last = max(i for i, line in enumerate(lines) if line.startswith(start))
        lines.insert(last + 1, text.rstrip("\n"))
        self.write(path, "\n".join(lines))

    def append(self, path, text):
        self.write(path, self.read(path) + text)

    def add_source(self, path, library, source):
        """Adds a file to the sources of an attune_library, in order of the alphabet."""
        whole = self.read(path)
        call = re.search(rf"attune_library\({library}\b(.*?)((?:\n\s*|\s)(?:LINK|DEPENDS|PLAIN)\b|\))",
                         whole, re.S)
        if not call:
            raise SystemExit(f"new: {path} has no attune_library({library} …)")
        sources = sorted(set(call[1].split()) | {source}, key=str.lower)
        lines, line = [], " "
        for name in sources:
            if len(line) + len(name) > 98:
                lines.append(line)
                line = " "
            line += f" {name}"
        text = "\n" + "\n".join([*lines, line])
        self.write(path, whole[: call.start(1)] + text + whole[call.end(1) :])

    def save(self):
        for path, text in self.changed.items():
            full = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as f:
                f.write(text)


def camel(name):
    """fuse-norm or fuse_norm -> FuseNorm"""
    return "".join(part.capitalize() for part in re.split(r"[-_]", name))


def kebab(name):
    """SequenceMixing -> sequence-mixing"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower().replace("_", "-")
