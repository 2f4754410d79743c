#!/usr/bin/python3
"""Attacks a real sluiced in each setting; ends with "N passed, N failed, N skipped".

Settings: as root with credential switching and as an ordinary user (nobody), with one event loop
and with two. Without root only as the user who runs it. Needs a build of //server:sluiced,
//tools/sluicectl and //tests/hostile; SLUICE_BIN names another build's bazel-bin than bazel-bin, such
as a sanitizer's (see CONTRIBUTING.md).
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SLUICE_BIN", ROOT / "bazel-bin"))
PROGRAMS = ("server/sluiced", "tools/sluicectl/sluicectl", "tests/hostile/hostile")


def settings():
    for as_user in ((False, True) if os.geteuid() == 0 else (False,)):
        for loops in (1, 2):
            yield as_user, loops


def run(programs, as_user, loops, gtest_filter):
    """The sums (passed, failed, skipped) of one setting."""
    report = programs / "report.xml"
    report.unlink(missing_ok=True)
    environment = {**os.environ, "SLUICE_HOSTILE_BIN": str(programs),
                   "SLUICE_HOSTILE_LOOPS": str(loops), "SLUICE_HOSTILE_USER": str(int(as_user))}
    code = subprocess.run([programs / "hostile", f"--gtest_filter={gtest_filter}", "--gtest_brief=1",
                           f"--gtest_output=xml:{report}"], env=environment).returncode
    if not report.exists():
        print(f"the tests ended with {code} and without a report")
        return 0, 1, 0
    suites = xml.etree.ElementTree.parse(report).getroot()
    tests, failed = int(suites.get("tests")), int(suites.get("failures")) + int(suites.get("errors"))
    skipped = sum(case.find("skipped") is not None for case in suites.iter("testcase"))
    if code != 0 and failed == 0:
        failed = 1
    return tests - failed - skipped, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*", help="as --gtest_filter")
    parser.add_argument("--loops", type=int, choices=(1, 2), help="only with so many event loops")
    parser.add_argument("--as", dest="who", choices=("root", "user"), help="only so")
    arguments = parser.parse_args()
    sums = [0, 0, 0]
    with tempfile.TemporaryDirectory(prefix="sluice-hostile-bin-") as directory:
        programs = pathlib.Path(directory)
        programs.chmod(0o755)  # nobody executes these, and cannot reach a home directory
        for name in PROGRAMS:
            shutil.copy(BIN / name, programs / pathlib.Path(name).name)
        for as_user, loops in settings():
            if arguments.loops not in (None, loops):
                continue
            if arguments.who not in (None, "user" if as_user else "root"):
                continue
            print(f"-- as {'nobody' if as_user else 'root' if os.geteuid() == 0 else 'this user'}, "
                  f"{loops} event loop{'s'[:loops - 1]}", flush=True)
            sums = [a + b for a, b in zip(sums, run(programs, as_user, loops, arguments.filter))]
    print("{} passed, {} failed, {} skipped".format(*sums))
    return 1 if sums[1] or not sums[0] else 0


if __name__ == "__main__":
    sys.exit(main())
