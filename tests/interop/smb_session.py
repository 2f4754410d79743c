"""An smbclient that stays connected and is told what to do, one command at a time."""

import os
import pty
import re
import select
import subprocess
import time

PROMPT = re.compile(rb"smb: [^\r\n]*> $")


class SmbSession:
    """Use as a context manager; `gateway` is a gateway.Gateway."""

    def __init__(self, gateway, *options, share="files"):
        credentials = gateway.directory / "session-credentials"
        credentials.write_text(f"username={gateway.user}\npassword={gateway.password}\n")
        master, slave = pty.openpty()
        self.terminal = master
        self.process = subprocess.Popen(
            ["smbclient", "-s", "/dev/null", "-p", str(gateway.port), "-A", str(credentials),
             f"//{gateway.host}/{share}", *options],
            stdin=slave, stdout=slave, stderr=slave, close_fds=True,
            env={**os.environ, "TERM": "dumb"})
        os.close(slave)
        self.greeting = self._until_prompt()

    def _until_prompt(self, timeout=30):
        text = b""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    text += os.read(self.terminal, 65536)
                except OSError:  # it has ended
                    break
                if PROMPT.search(text):
                    break
        return text.decode(errors="replace")

    @property
    def connected(self):
        return self.process.poll() is None

    def run(self, command):
        """What smbclient prints for it."""
        os.write(self.terminal, command.encode() + b"\n")
        return self._until_prompt()

    def close(self):
        if self.connected:
            os.write(self.terminal, b"exit\n")
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
