"""Results in the JUnit format, which every tier of scripts/test writes and is counted by."""

import sys
import xml.etree.ElementTree as xml


def write(path, suite, results):
    """results: (name, seconds, problem text or None)."""
    failures = sum(1 for r in results if r[2])
    root = xml.Element("testsuite", name=suite, tests=str(len(results)), failures=str(failures))
    for name, seconds, problem in results:
        case = xml.SubElement(root, "testcase", classname=suite, name=name, time=f"{seconds:.3f}")
        if problem:
            xml.SubElement(case, "failure", message=problem.split("\n")[0]).text = problem
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def count(path):
    """(passed, failed, skipped, names of the failed) of a JUnit file."""
    passed = skipped = 0
    failed = []
    for case in xml.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname', '')} {case.get('name', '')}".strip())
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, len(failed), skipped, failed


if __name__ == "__main__":
    ok, bad, left, names = count(sys.argv[1])
    print(ok, bad, left)
    for failed_name in names:
        print(failed_name)
