"""Finds the places of a C++ source where one small flip changes what it does."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int  # from 1
    start: int
    end: int
    old: str
    new: str
    kind: str

    def describe(self):
        return f"{self.path}:{self.line}: {self.old.strip()} -> {self.new.strip()}"

    def apply(self, text):
        lines = text.split("\n")
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + self.new + line[self.end :]
        return "\n".join(lines)


# clang-format puts blanks around binary operators and none inside template brackets.
FLIPS = {
    "operator": [
        (r" && ", " || "), (r" \|\| ", " && "),
        (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " + "), (r" / ", " * "), (r" % ", " / "),
        (r" \+= ", " -= "), (r" -= ", " += "), (r" \*= ", " += "),
        (r" << (?=\d)", " >> "), (r" & (?=\d|\(|~)", " | "),
    ],
    "bound": [
        (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
        (r"\bstd::min\b", "std::max"), (r"\bstd::max\b", "std::min"),
    ],
    "constant": [
        (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    ],
    "predicate": [
        (r" == ", " != "), (r" != ", " == "),
        (r"(?<=[(&|] )!(?=[\w(])|(?<=\()!(?=[\w(])", ""),
        (r"\bfailed\((?=\w)", "succeeded("), (r"\bsucceeded\((?=\w)", "failed("),
        (r"(?<=return )failure\(\)", "success()"), (r"(?<=return )success\(\)", "failure()"),
        (r"(?<=Predicate::)slt\b", "sle"), (r"(?<=Predicate::)sle\b", "slt"),
        (r"(?<=Predicate::)sgt\b", "sge"), (r"(?<=Predicate::)sge\b", "sgt"),
        (r"(?<=Predicate::)eq\b", "ne"), (r"(?<=Predicate::)ne\b", "eq"),
        (r"(?<=Predicate::)OLT\b", "OLE"), (r"(?<=Predicate::)OGT\b", "OGE"),
        (r"(?<=Predicate::)OEQ\b", "ONE"), (r"(?<=Predicate::)UNO\b", "ORD"),
        (r"\ball_of\(", "any_of("), (r"\bany_of\(", "all_of("),
    ],
}
NUMBER = re.compile(r"(?<![\w.\"'<])(\d+)(?![\w.\"'>])")

# A flip here changes nothing a test could see: capacities, debug output, static text.
UNSEEN = re.compile(
    r"^\s*(#|static_assert|assert\(|LLVM_DEBUG|using |template|case .*:$|namespace|extern)"
    r"|SmallVector<|SmallString<|DenseMap<|\breserve\(|DEBUG_TYPE|\.hint|llvm_unreachable"
)


def find(path, text):
    """Every mutant of a file, in the order of the text."""
    mutants = []
    in_comment = False
    for number, line in enumerate(text.split("\n"), 1):
        code, in_comment = _without_text(line, in_comment)
        if not code.strip() or UNSEEN.search(code):
            continue
        flips = [(kind, *flip) for kind, group in FLIPS.items() for flip in group]
        for kind, pattern, new in flips:
            for hit in re.finditer(pattern, code):
                old = line[slice(*hit.span())]
                mutants.append(Mutant(path, number, *hit.span(), old, new, kind))
        for hit in NUMBER.finditer(code):
            new = str(int(hit[1]) + 1)
            mutants.append(Mutant(path, number, *hit.span(), hit[1], new, "constant"))
    return mutants


def _without_text(line, in_comment):
    """The line with strings and comments blanked at equal length."""
    out, i, quote = [], 0, None
    while i < len(line):
        two = line[i : i + 2]
        if in_comment:
            in_comment = two != "*/"
            step = 1 if in_comment else 2
            out.append(" " * step)
            i += step
        elif quote:
            step = 2 if line[i] == "\\" else 1
            quote = None if line[i] == quote else quote
            out.append("\x01" * len(line[i : i + step]))
            i += step
        elif two == "//":
            out.append(" " * (len(line) - i))
            break
        elif two == "/*":
            in_comment = True
            out.append("  ")
            i += 2
        else:
            if line[i] in "\"'" and not (line[i] == "'" and i and line[i - 1].isalnum()):
                quote = line[i]
            out.append(line[i] if quote is None else "\x01")
            i += 1
    return "".join(out), in_comment
