"""A Kerberos realm of a test's own: MIT's krb5kdc on a free port, everything in a temporary directory."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from gateway import free_port

KADMIN, KDB, KDC = "/usr/sbin/kadmin.local", "/usr/sbin/kdb5_util", "/usr/sbin/krb5kdc"


class Realm:
    """A running KDC; use as a context manager. Needs no root."""

    def __init__(self, name="SLUICE.TEST"):
        self.name = name
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-kdc-"))
        self.port = free_port()
        self.process = None
        config = self.directory / "krb5.conf"
        config.write_text(
            f"[libdefaults]\n default_realm = {name}\n dns_lookup_kdc = false\n"
            " dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n"
            " kdc_timesync = 0\n"
            f"[realms]\n {name} = {{\n  kdc = 127.0.0.1:{self.port}\n }}\n")
        profile = self.directory / "kdc.conf"
        profile.write_text(
            f"[realms]\n {name} = {{\n  database_name = {self.directory}/principal\n"
            f"  key_stash_file = {self.directory}/stash\n  acl_file = {self.directory}/acl\n"
            f"  kdc_listen = 127.0.0.1:{self.port}\n  kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            "  supported_enctypes = aes256-cts:normal aes128-cts:normal\n }\n"
            f"[logging]\n kdc = FILE:{self.directory}/kdc.log\n"
            f" admin_server = FILE:{self.directory}/admin.log\n")
        # What clients and gateways of this realm run with.
        self.environment = {**os.environ, "KRB5_CONFIG": str(config)}
        self._kdc_environment = {**self.environment, "KRB5_KDC_PROFILE": str(profile)}

    def __enter__(self):
        self._run(KDB, "create", "-s", "-r", self.name, "-P", "master password")
        with open(self.directory / "kdc.out", "wb") as out:
            self.process = subprocess.Popen([KDC, "-n", "-r", self.name],
                                            env=self._kdc_environment, stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("krb5kdc ended:\n" + (self.directory / "kdc.out").read_text())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("krb5kdc did not start")

    def __exit__(self, *_):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, *command, environment=None, input=None):
        done = subprocess.run(command, env=environment or self._kdc_environment, text=True,
                              capture_output=True, timeout=60, input=input)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def kadmin(self, *query):
        return self._run(KADMIN, "-r", self.name, *query)

    def add_user(self, name, password):
        self.kadmin("addprinc", "-pw", password, name)

    def add_service(self, name, keytab):
        """A service with fresh keys, written into the keytab. A second time: new keys, the next kvno."""
        if name not in self.kadmin("listprincs").replace(f"@{self.name}", "").split():
            self.kadmin("addprinc", "-randkey", name)
        self.kadmin("ktadd", "-k", str(keytab), name)

    def ticket(self, user, password, lifetime="1h"):
        """The path of a credential cache with the user's ticket."""
        cache = self.directory / f"cc-{user.replace('/', '-')}-{time.monotonic_ns()}"
        self._run("kinit", "-l", lifetime, "-c", f"FILE:{cache}", user,
                  environment=self.environment, input=password + "\n")
        return cache
