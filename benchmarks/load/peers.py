"""Servers to measure, sluiced and Debian's smbd, each started fresh and pinned to a core, and what
the scripts that measure them have in common."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/interop"))
from gateway import BIN, SLUICECTL, SLUICED, Gateway, free_port  # noqa: E402  (the path above must be set first)

SLUICEBENCH = BIN / "benchmarks/load/sluicebench"
TICKS = os.sysconf("SC_CLK_TCK")


def describe_machine():
    model = "unknown"
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            model = text.partition(":")[2].strip()
            break
    # Some pace what they send, which every large send pays for.
    congestion = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "tcp_congestion_control": congestion, "load_at_start": os.getloadavg()[0]}


@contextlib.contextmanager
def shared_directory(prefix):
    """A new directory that servers may share, gone in the end."""
    with tempfile.TemporaryDirectory(prefix=prefix) as directory:
        os.chmod(directory, 0o755)
        share = pathlib.Path(directory) / "share"
        share.mkdir()
        share.chmod(0o777)
        yield share


def cpu_seconds(pid, children):
    """User and system time of a process, with its children that ended if asked for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    utime, stime, cutime, cstime = (int(value) for value in fields[11:15])
    return (utime + stime + (cutime + cstime if children else 0)) / TICKS


class Sluiced:
    name = "sluiced"
    tree = False  # one process serves all

    def __init__(self, directory, core, loops=1):
        """Shares `directory`, or memory if it is None."""
        where = 'storage = "memory"' if directory is None else f'path = "{directory}"'
        self.gateway = Gateway(prefix=["taskset", "-c", str(core)], shares=[], required=False,
                               server_extra=f"loops = {loops}",
                               extra=f'[[share]]\nname = "files"\n{where}')

    def __enter__(self):
        self.gateway.__enter__()
        self.port, self.pid = self.gateway.port, self.gateway.process.pid
        self.user, self.password = self.gateway.user, self.gateway.password
        # Smbd serves root too.
        self.gateway.ctl("user", "add", self.user, "--unix-user", "root", "--password-stdin",
                         input=self.password + "\n")
        return self

    def __exit__(self, *arguments):
        self.gateway.__exit__(*arguments)

    def cpu(self):
        return cpu_seconds(self.gateway.process.pid, children=False)

    def version(self):
        return subprocess.check_output([SLUICED, "--version"], text=True).strip()

    def status(self):
        return json.loads(self.gateway.ctl("status", "--json").stdout)

    def session_command(self):
        """A shell command that lists the sessions, for protection_in()."""
        return f'"{SLUICECTL}" --socket "{self.gateway.socket}" sessions --json'

    @staticmethod
    def protection_in(listing):
        """Signing algorithm and cipher of the only session; None for what is not in use."""
        (session,) = json.loads(listing)["rows"]
        if session["encrypted"]:
            return None, session["cipher"]
        return session["signing"] if session["signing_required"] else None, None


class Smbd:
    """smbd as an administrator tunes it for throughput: no printing, sendfile, asynchronous I/O."""

    name = "smbd"
    tree = True  # a process for each client
    CONFIG = """[global]
server role = standalone
smb ports = {port}
interfaces = lo
bind interfaces only = yes
private dir = {dir}
lock directory = {dir}
state directory = {dir}
cache directory = {dir}
pid directory = {dir}
ncalrpc dir = {dir}/ncalrpc
log file = {dir}/log
log level = 0
disable spoolss = yes
load printers = no
use sendfile = yes
aio read size = 1
aio write size = 1
socket options = TCP_NODELAY
{extra}
[files]
path = {share}
read only = no
"""

    def __init__(self, directory, core, extra=""):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="smbd-"))
        (self.directory / "ncalrpc").mkdir()
        self.port = free_port()
        self.core = core
        self.user, self.password = "root", "Correct-Horse-7"
        self.config = self.directory / "smb.conf"
        self.config.write_text(self.CONFIG.format(port=self.port, dir=self.directory,
                                                  share=directory, extra=extra))

    def __enter__(self):
        subprocess.run(["smbpasswd", "-c", self.config, "-a", "-s", self.user], check=True,
                       input=f"{self.password}\n{self.password}\n", text=True,
                       stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), "smbd", "-F", "-s",
             str(self.config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            probe = subprocess.run(["smbclient", "-s", "/dev/null", "-p", str(self.port), "-U",
                                    f"{self.user}%{self.password}", "//127.0.0.1/files", "-c", "ls"],
                                   capture_output=True)
            if probe.returncode == 0:
                return self
            time.sleep(0.2)
        self._end()
        raise RuntimeError(f"smbd serves nobody (smbclient: {probe.stdout.decode().strip()}); "
                           f"see {self.directory}/log")

    def __exit__(self, *_):
        self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end(self):
        self.process.terminate()
        self.process.wait()

    def cpu(self):
        """Once the processes of past connections have ended and been counted."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            children = pathlib.Path(
                f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            serving = [c for c in children if self._serves(c)]
            if not serving:
                break
            time.sleep(0.05)
        return cpu_seconds(self.process.pid, children=True)

    def version(self):
        return subprocess.check_output(["smbd", "--version"], text=True).strip()

    def session_command(self):
        return f'smbstatus -s "{self.config}" --json'

    @staticmethod
    def protection_in(listing):
        (session,) = json.loads(listing)["sessions"].values()
        signing, encryption = session["signing"], session["encryption"]
        # Partly signed is a session in which only the log-on was; partly encrypted one in which
        # everything was after the log-on.
        if encryption["degree"] in ("full", "partial"):
            return None, encryption["cipher"]
        return signing["cipher"] if signing["degree"] == "full" else None, None

    def _serves(self, pid):
        """Whether the process has a connection to a client: it holds a TCP socket beside the listener."""
        try:
            held = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        except OSError:
            return False
        port = f":{self.port:04X} "
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            connected = fields[3] != "0A" and port in fields[1] + " "
            if connected and f"socket:[{fields[9]}]" in held:
                return True
        return False
