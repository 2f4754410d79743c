#!/usr/bin/python3
"""Runs smbtorture's tests against sluiced and compares each outcome with tests/conformance/expected.tsv.

  run.py             every test of the list
  run.py PATTERN...  those whose name starts with one of the patterns

Each test has a process, a time limit and an empty share of its own. The list has a line for each test:
name, outcome (pass, fail or skip) and, unless it is pass, the reason. An unexpected pass counts as a
failure too, so that the list stays true. The last line is "N passed, N failed".
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from gateway import Gateway  # noqa: E402  (the path above must be set first)

EXPECTED = pathlib.Path(__file__).with_name("expected.tsv")
SECONDS = 120
OPTIONS = ["--option=torture:maxopenfiles=1000", "--option=torture:progress=no"]
SHARES = 2  # tests at a time
# As smbd was configured when it was measured. Some tests authenticate a second time, as nobody;
# and smbtorture tells of no error without a signature where the server requires them.
CONFIGURATION = {"extra": "[auth]\nanonymous = true", "required": False}


def read_expected():
    rows = {}
    for number, line in enumerate(EXPECTED.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, outcome, *reason = line.split("\t")
        if outcome not in ("pass", "fail", "skip") or (outcome != "pass" and not "".join(reason)):
            sys.exit(f"{EXPECTED}:{number}: want name, pass|fail|skip and, unless pass, a reason")
        rows[name] = (outcome, "".join(reason))
    return rows


def outcome_of(output):
    """The outcome that smbtorture's subunit lines tell, with the reason of a failure."""
    found = re.findall(r"^(success|failure|error|skip): (.*)$", output, re.MULTILINE)
    kinds = {kind for kind, _ in found}
    if kinds & {"failure", "error"}:
        lines = re.search(r"^(?:failure|error): [^\n]*\[\n(.*?)^\]", output, re.MULTILINE | re.DOTALL)
        return "fail", " ".join(lines.group(1).split()) if lines else "no reason given"
    if "success" in kinds:
        return "pass", ""
    if "skip" in kinds:
        return "skip", ""
    return "fail", "smbtorture told no outcome: " + " ".join(output.split())[-300:]


def run_test(gateway, name, share):
    command = ["smbtorture", f"//{gateway.host}/{share}", "-p", str(gateway.port),
               f"-U{gateway.user}%{gateway.password}", *OPTIONS, name]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                              errors="replace", stdin=subprocess.DEVNULL)
        outcome, reason = outcome_of(done.stdout + done.stderr)
    except subprocess.TimeoutExpired:
        outcome, reason = "fail", f"no end within {SECONDS} s"
    return outcome, reason, time.monotonic() - started


def main(patterns):
    expected = read_expected()
    names = [n for n in expected if not patterns or any(n.startswith(p) for p in patterns)]
    shares = [f"share{i}" for i in range(SHARES)]
    passed = failed = 0
    with Gateway(shares=shares, **CONFIGURATION) as gateway, \
            concurrent.futures.ThreadPoolExecutor(SHARES) as pool:
        free = list(shares)

        def job(name):
            share = free.pop()
            try:
                return name, *run_test(gateway, name, share)
            finally:
                free.append(share)

        for name, outcome, reason, seconds in pool.map(job, names):
            wanted, why = expected[name]
            if outcome == wanted:
                passed += 1
                print(f"ok {name} ({outcome}, {seconds:.1f} s)" + (f": {why}" if why else ""))
            else:
                failed += 1
                print(f"FAILED {name}: {outcome}, expected {wanted}. {reason or why}")
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
