"""A client of the control socket in a few lines: docs/control-socket.md is all it needs."""

import json
import socket


class ControlError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class ControlClient:
    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def call(self, command, **params):
        """The result; ControlError where the gateway refuses, ConnectionError where it is gone."""
        request = {"id": 1, "command": command, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the gateway is gone")
        response = json.loads(line)
        if "error" in response:
            raise ControlError(response["error"])
        return response["result"]
