"""Starts a real sluiced for a test, in a temporary directory, with users made through sluicectl."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# SLUICE_BIN names another build's bazel-bin, such as a sanitizer's.
BIN = pathlib.Path(os.environ.get("SLUICE_BIN", ROOT / "bazel-bin"))
SLUICED = BIN / "server/sluiced"
SLUICECTL = BIN / "tools/sluicectl/sluicectl"


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Gateway:
    """A running sluiced; use as a context manager.

    shares maps a share's name to its directory; made below the gateway's own directory when None.
    prefix is a command to run sluiced under, such as `ip netns exec NAME`.
    """

    def __init__(self, shares=("files",), host="127.0.0.1", port=None, prefix=(), extra="",
                 signing=("AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"), required=True,
                 users=(("alice", "Correct-Horse-7"),), server_extra="", share_extra="",
                 environment=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
        os.chmod(self.directory, 0o755)
        self.host = host
        self.port = port or free_port()
        self.prefix = list(prefix)
        self.socket = str(self.directory / "control.sock")
        self.users = list(users)
        self.user, self.password = self.users[0]
        self.shares = {name: self.directory / name for name in shares}
        for path in self.shares.values():
            path.mkdir()
            path.chmod(0o777)
        shares_toml = "".join(f'[[share]]\nname = "{n}"\npath = "{p}"\n{share_extra}'
                              for n, p in self.shares.items())
        algorithms = ", ".join(f'"{a}"' for a in signing)
        self.config = self.directory / "sluice.toml"
        self.config.write_text(
            f'[server]\nlisten = ["{host}:{self.port}"]\nstate_dir = "{self.directory}/state"\n'
            f'control_socket = "{self.socket}"\n{server_extra}\n'
            f"[signing]\nrequired = {str(required).lower()}\nalgorithms = [{algorithms}]\n"
            f"{extra}\n{shares_toml}")
        self.log_path = self.directory / "sluiced.log"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.pass_fds = ()  # kept open in sluiced
        self.preexec_fn = None

    def __enter__(self):
        self.start()
        for name, password in self.users:
            self.ctl("user", "add", name, "--password-stdin", input=password + "\n")
        return self

    def start(self):
        """Also again, after stop() or kill()."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.prefix + [str(SLUICED), "--config", str(self.config)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=self.pass_fds,
                preexec_fn=self.preexec_fn, env=self.environment)
        self._wait_until_ready()

    def kill(self):
        """As a crash would end it."""
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _wait_until_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("sluiced ended at its start:\n" + self.log())
            if pathlib.Path(self.socket).exists():
                answer = self.ctl("status", "--json", check=False)
                if answer.returncode == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("sluiced did not become ready:\n" + self.log())

    def stop(self):
        """Drains the gateway; an unclean end or a sanitizer's report is an error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("sluiced did not drain within 20 s:\n" + self.log()) from None
        if code != 0:
            raise RuntimeError(f"sluiced ended with {code}:\n" + self.log())

    def log(self):
        return self.log_path.read_text(errors="replace")

    def ctl(self, *arguments, input=None, check=True):
        return subprocess.run([str(SLUICECTL), "--socket", self.socket, *arguments], input=input,
                              text=True, capture_output=True, check=check, timeout=30)

    def sessions(self):
        return self.rows("sessions")

    def rows(self, listing, *filters):
        """What `sluicectl connections`, sessions, trees, opens or locks lists."""
        return json.loads(self.ctl(listing, "--json", *filters).stdout)["rows"]

    def smbclient(self, command, *options, share="files", user=None, password=None, timeout=120,
                  cwd=None, input=""):
        """Runs smbclient with a -c command, or with commands as input; the password goes by a file."""
        credentials = self.directory / f"credentials-{user or self.user}"
        secret = self.password if password is None else password
        credentials.write_text(f"username={user or self.user}\npassword={secret}\n")
        credentials.chmod(0o600)
        action = ["-c", command] if command is not None else []
        target = f"//{self.host}/{share}" if share is not None else None
        head = ["smbclient", "-s", "/dev/null", "-p", str(self.port), "-A", str(credentials)]
        head += [target] if target else ["-L", self.host]
        return subprocess.run(head + [*options, *action], text=True, capture_output=True,
                              timeout=timeout, cwd=cwd, input=input)
