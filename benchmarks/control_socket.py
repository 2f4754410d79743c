#!/usr/bin/python3
"""What 10,000 requests a second on the control socket, malformed ones among them, cost a client
that reads: the throughput of smbclient with and without, medians of 5, alternating in one run.

  benchmarks/control_socket.py [--mebibytes N] [--rounds N]

Needs bazel build --config=opt //server:sluiced //tools/sluicectl (or SLUICE_BIN). It reports and
does not judge: on a machine that does other things the difference says little, so both spreads are
printed beside the medians.
"""

import argparse
import multiprocessing
import os
import pathlib
import select
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/interop"))

from gateway import Gateway  # noqa: E402

RATE = 10_000
BATCHES_PER_SECOND = 100
# In equal parts.
REQUESTS = (
    b'{"id":1,"command":"sessions"}\n',
    b'{"id":2,"command":"prefs.get","params":{"name":"signing.algorithms"}}\n',
    b'{"id":3,"command":"user.list"}\n',
    b'{"id":4,"command":"no.such.command"}\n',
    b'{"id":5,"command":"prefs.set","params":{"values":{"limits.credits":-1}}}\n',
    b'{"id":6,"command":\n',
    b"\xff\xfe\x00 not JSON at all\n",
    b'{"id":8,"command":"help","params":[]}\n',
)


def flood(path, stop, answered):
    """Sends RATE requests a second in small batches and reads all answers."""
    os.nice(19)  # what the load generator takes is not what is measured
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    batch = b"".join(REQUESTS[i % len(REQUESTS)] for i in range(RATE // BATCHES_PER_SECOND))
    peer.setblocking(False)
    begin = time.monotonic()
    sent = got = 0
    unsent = b""
    while not stop.is_set():
        now = time.monotonic()
        if not unsent and sent < (now - begin) * BATCHES_PER_SECOND:
            unsent, sent = batch, sent + 1
        wait = 0 if unsent else max(0, begin + sent / BATCHES_PER_SECOND - now)
        readable, writable, _ = select.select([peer], [peer] if unsent else [], [], wait)
        if readable:
            got += peer.recv(1 << 20).count(b"\n")
        if writable:
            unsent = unsent[peer.send(unsent):]
    answered.value = got / (time.monotonic() - begin)


def read_once(gateway, mebibytes):
    begin = time.monotonic()
    done = gateway.smbclient("get data /dev/null", timeout=600)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return mebibytes / (time.monotonic() - begin)


def read_under_load(gateway, mebibytes):
    stop, answered = multiprocessing.Event(), multiprocessing.Value("d", 0.0)
    load = multiprocessing.Process(target=flood, args=(gateway.socket, stop, answered))
    load.start()
    time.sleep(0.2)
    rate = read_once(gateway, mebibytes)
    stop.set()
    load.join()
    return rate, answered.value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    quiet, loaded, answered = [], [], []
    with Gateway() as gateway:
        with open(gateway.shares["files"] / "data", "wb") as data:
            for _ in range(arguments.mebibytes):
                data.write(os.urandom(1 << 20))
        read_once(gateway, arguments.mebibytes)  # into the page cache
        for round_number in range(arguments.rounds):
            quiet.append(read_once(gateway, arguments.mebibytes))
            rate, answers = read_under_load(gateway, arguments.mebibytes)
            loaded.append(rate)
            answered.append(answers)
            print(f"round {round_number + 1}: {quiet[-1]:.0f} MiB/s alone, {loaded[-1]:.0f} MiB/s "
                  f"with {answers:.0f} answers a second", flush=True)
    for name, values in (("alone", quiet), ("with requests", loaded)):
        print(f"{name:14} median {statistics.median(values):.0f} MiB/s, "
              f"from {min(values):.0f} to {max(values):.0f}")
    change = statistics.median(loaded) / statistics.median(quiet) - 1
    print(f"difference     {change:+.1%}; answers a second, median "
          f"{statistics.median(answered):.0f}")


if __name__ == "__main__":
    main()
