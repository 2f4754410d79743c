"""sluicebench against sluiced and Debian's smbd: every workload, verified. Never about speed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from unittest import mock

from gateway import BIN, ROOT, Gateway
from kdc import Realm

sys.path.insert(0, str(ROOT / "benchmarks/load"))
from peers import Smbd  # noqa: E402  (the path above must be set first)

LOAD = BIN / "benchmarks/load"
SLUICEBENCH = LOAD / "sluicebench"
QUICK = ROOT / "benchmarks/load/suites/quick.toml"


class Bench:
    """How the tests of one server run sluicebench against it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluicebench-test-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def bench(self, *arguments, password=None, user=None):
        secret = self.directory / "password"
        secret.write_text((password or self.password) + "\n")
        secret.chmod(0o600)
        results = self.directory / "results.json"
        results.unlink(missing_ok=True)
        command = [SLUICEBENCH, *arguments, f"smb://127.0.0.1:{self.port}/files", "--user",
                   user or self.user, "--password-file", secret, "--json", results]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=300)
        runs = json.loads(results.read_text())["runs"] if results.exists() else None
        return done, runs

    def test_quick_suite(self):
        done, runs = self.bench("suite", QUICK)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(runs), QUICK.read_text().count("[[job]]"))
        for run in runs:
            with self.subTest(run["label"]):
                self.assertEqual(run["operations"], run["options"]["count"])
                self.assertEqual(run["errors"], {})
        self.assertEqual([path.name for path in self.share.iterdir()], [])

    def test_agrees_on_what_was_asked_for(self):
        _, runs = self.bench("run", "-w", "echo", "--count=10", "--cipher", "aes-128-ccm")
        self.assertEqual(runs[0]["agreed"], {"dialect": "3.1.1", "signing": "none",
                                             "cipher": "AES-128-CCM"})
        _, runs = self.bench("run", "-w", "echo", "--count=10", "--dialect=2.1")
        self.assertEqual(runs[0]["agreed"], {"dialect": "2.1", "signing": "HMAC-SHA256",
                                             "cipher": "none"})

    def test_wrong_contents_end_the_run(self):
        data = ["run", "-w", "read", "--bs=64K", "--size=1M", "--verify", "--keep"]
        done, _ = self.bench(*data, "--count=20")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.share / "sluicebench/data-0", "r+b") as file:
            file.seek(300_000)
            file.write(b"wrong")
        done, runs = self.bench(*data, "--count=20", "--reuse")
        shutil.rmtree(self.share / "sluicebench")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("WRONG CONTENTS", done.stderr)
        self.assertIn("data-0 at 262144", done.stderr)
        self.assertEqual(runs, [])

    def test_wrong_password_is_said(self):
        done, runs = self.bench("run", "-w", "echo", "--count=1", password="wrong")
        self.assertEqual(done.returncode, 1)
        self.assertIn("STATUS_LOGON_FAILURE", done.stderr)
        self.assertEqual(runs, [])

    def test_counts_what_the_server_uses(self):
        _, runs = self.bench("run", "-w", "read", "--time=1", "--warmup=0", "--size=8M",
                             f"--server-pid={self.pid}", "--server-tree")
        server = runs[0]["server"]
        self.assertGreater(server["cpu_seconds"], 0)
        self.assertGreater(server["cpu_s_per_GB"], 0)
        self.assertGreater(server["resident_after"], 1 << 20)


class SluicedBenchTest(Bench, unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(required=False).__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)
        cls.share = cls.gateway.shares["files"]
        cls.port, cls.pid = cls.gateway.port, cls.gateway.process.pid
        cls.user, cls.password = cls.gateway.user, cls.gateway.password

    def test_replays_a_log(self):
        log = self.directory / "log"
        log.write_text("# a day's work\n"
                       "a mkdir folder\n"
                       "a open 1 folder/file create\n"
                       "a write 1 0 100000\n"
                       "a close 1\n"
                       "b wait 1000\n"
                       "a stat folder/file\n"
                       "a rename folder/file folder/other\n"
                       "a list folder\n"
                       "a open 2 folder/other read\n"
                       "a read 2 0 65536\n"
                       "a close 2\n"
                       "a delete folder/other\n"
                       "a delete folder\n")
        done, runs = self.bench("run", "-w", "replay", "--log", log, "-c", "2", "--time=30",
                                "--warmup=0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(runs[0]["operations"], 12)
        self.assertGreater(runs[0]["bytes"], 165536)  # and the listing's
        (self.share / "sluicebench").rmdir()

    def test_report_is_one_page(self):
        self.bench("run", "-w", "read", "--time=2", "--warmup=0", "--size=8M")
        page = self.directory / "page.html"
        done = subprocess.run([SLUICEBENCH, "report", self.directory / "results.json", "-o", page],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = page.read_text()
        self.assertIn("<svg", text)
        self.assertNotIn("src=", text)
        self.assertNotIn("href=", text)


class KerberosBenchTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.realm = Realm()
        cls.realm.__enter__()
        cls.addClassCleanup(cls.realm.__exit__, None, None, None)
        cls.keytab = cls.realm.directory / "cifs.keytab"
        cls.realm.add_service("cifs/localhost", cls.keytab)
        cls.realm.add_user("alice", "Of-The-KDC-1")
        cls.gateway = Gateway(extra=f'[auth]\nkerberos_keytab = "{cls.keytab}"\n',
                              environment={"KRB5_CONFIG": cls.realm.environment["KRB5_CONFIG"]})
        cls.gateway.__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)
        cls.cache = cls.realm.ticket("alice", "Of-The-KDC-1")

    def bench(self, *arguments, host="localhost", port=None, cache=None):
        done = subprocess.run(
            [SLUICEBENCH, f"smb://{host}:{port or self.gateway.port}/files", "--json=-", *arguments],
            capture_output=True, text=True, timeout=120,
            env=self.realm.environment | {"KRB5CCNAME": f"FILE:{cache or self.cache}"})
        return done, json.loads(done.stdout)["runs"][0] if done.returncode == 0 else None

    def works(self, *arguments, **more):
        done, run = self.bench("-c2", "-d4", "-t2", "--verify", *arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr + self.gateway.log())
        self.assertEqual((run["options"]["auth"], run["errors"]), ("kerberos", {}))
        session = [line for line in self.gateway.log().splitlines() if "has come" in line][-1]
        self.assertIn("alice", session)
        self.assertIn("Kerberos", session)
        return run["agreed"]

    def test_signed(self):
        data = ("-w", "randrw", "--size=2M", "--count=200")
        for signing, name in (("gmac", "AES-128-GMAC"), ("cmac", "AES-128-CMAC")):
            agreed = self.works(*data, "--signing", signing)
            self.assertEqual(agreed, {"dialect": "3.1.1", "signing": name, "cipher": "none"})
        self.assertEqual(self.works(*data, "--dialect=2.0.2")["signing"], "HMAC-SHA256")

    def test_encrypted(self):
        # The 256-bit ones take all 32 bytes of the ticket's key.
        for cipher in ("AES-128-GCM", "AES-256-GCM", "AES-256-CCM"):
            agreed = self.works("-w", "randrw", "--size=2M", "--count=200", "--cipher", cipher)
            self.assertEqual(agreed["cipher"], cipher)

    def test_smbd_derives_the_same_keys(self):
        # A standalone smbd refuses tickets that carry a domain's data.
        self.realm.kadmin("modprinc", "+no_auth_data_required", "cifs/localhost")
        self.realm.add_user("root", "Of-The-KDC-1")
        cache = self.realm.ticket("root", "Of-The-KDC-1")
        extra = (f"realm = {self.realm.name}\nkerberos method = dedicated keytab\n"
                 f"dedicated keytab file = FILE:{self.keytab}\n")
        with tempfile.TemporaryDirectory() as share, mock.patch.dict(
                os.environ, KRB5_CONFIG=self.realm.environment["KRB5_CONFIG"]), Smbd(
                    share, min(os.sched_getaffinity(0)), extra) as smbd:
            for wanted in ("--cipher=AES-256-GCM", "--cipher=AES-128-CCM", "--signing=gmac",
                           "--dialect=2.1"):
                done, run = self.bench("-w", "randrw", "--size=2M", "--count=100", "--verify",
                                       wanted, port=smbd.port, cache=cache)
                self.assertEqual(done.returncode, 0, f"{wanted}: {done.stderr}")
                self.assertEqual((run["operations"], run["errors"]), (100, {}))

    def test_every_connection_and_session_has_a_ticket_of_its_own(self):
        for work in ("session", "connect"):
            done, run = self.bench("-w", work, "-c4", "-t2", "--count=100")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((run["operations"], run["errors"]), (100, {}))

    def test_the_ticket_is_that_of_the_user(self):
        self.works("-w", "echo", "--count=1", "--auth=kerberos", "--user", "alice")
        done, _ = self.bench("-w", "echo", "--count=1", "--auth=kerberos", "--user", "bob")
        self.assertEqual(done.returncode, 2)
        self.assertIn("kinit", done.stderr)

    def test_without_a_ticket(self):
        nothing = self.realm.directory / "no-such-cache"
        done, _ = self.bench("-w", "echo", "--auth=kerberos", cache=nothing)
        self.assertEqual(done.returncode, 2)
        self.assertIn("kinit", done.stderr)
        # Anonymous, whom this gateway does not let in.
        done, _ = self.bench("-w", "echo", cache=nothing)
        self.assertEqual(done.returncode, 1)
        self.assertIn("anonymous", done.stderr)

    def test_an_address_has_no_principal(self):
        done, _ = self.bench("-w", "echo", "--count=1", host="127.0.0.1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("anonymous", done.stderr)
        done, _ = self.bench("-w", "echo", "--auth=kerberos", host="127.0.0.1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Kerberos with cifs/127.0.0.1", done.stderr)
        self.assertIn("--auth ntlm", done.stderr)


# With gateways of their own, and one at a time: memory that may be locked is scarce on some machines.
class FailureBenchTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluicebench-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def test_lost_server_ends_the_run(self):
        results = self.directory / "results.json"
        results.write_text("an earlier run's")
        with Gateway(required=False) as gateway:
            bench = subprocess.Popen(
                [SLUICEBENCH, f"smb://127.0.0.1:{gateway.port}/files", "-w", "read", "--time=60",
                 "--user", gateway.user, "--json", results],
                env=dict(os.environ, SLUICEBENCH_PASSWORD=gateway.password),
                stderr=subprocess.PIPE, text=True)
            while not (gateway.shares["files"] / "sluicebench/data-0").exists():
                self.assertIsNone(bench.poll())
            gateway.kill()
            _, errors = bench.communicate(timeout=60)
            gateway.start()
        self.assertEqual(bench.returncode, 1)
        self.assertIn("STATUS_CONNECTION_DISCONNECTED", errors)
        left = json.loads(results.read_text())
        self.assertEqual(left["runs"], [])
        self.assertIn("STATUS_CONNECTION_DISCONNECTED", left["failed"])
        page = self.directory / "page.html"
        subprocess.run([SLUICEBENCH, "report", results, "-o", page], check=True)
        self.assertIn("STATUS_CONNECTION_DISCONNECTED", page.read_text())

    def test_full_disk_is_said(self):
        self.directory.chmod(0o755)  # the user has to reach the share
        directory = self.directory / "full"
        directory.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "none", directory],
                          capture_output=True).returncode != 0:
            self.skipTest("no permission to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", directory])
        os.chmod(directory, 0o777)
        share = f'[[share]]\nname = "files"\npath = "{directory}"\n'
        with Gateway(required=False, shares=[], extra=share) as gateway:
            done = subprocess.run(
                [SLUICEBENCH, f"smb://127.0.0.1:{gateway.port}/files", "-w", "read",
                 "--size=16M", "--user", gateway.user], capture_output=True, text=True,
                env=dict(os.environ, SLUICEBENCH_PASSWORD=gateway.password), timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("STATUS_DISK_FULL", done.stderr)


class SmbdBenchTest(Bench, unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.share = pathlib.Path(tempfile.mkdtemp(prefix="smbd-share-"))
        cls.addClassCleanup(shutil.rmtree, cls.share)
        cls.smbd = Smbd(cls.share, min(os.sched_getaffinity(0))).__enter__()
        cls.addClassCleanup(cls.smbd.__exit__)
        cls.port, cls.pid = cls.smbd.port, cls.smbd.process.pid
        cls.user, cls.password = cls.smbd.user, cls.smbd.password


class LimitServerTest(unittest.TestCase):

    def test_serves_what_is_asked_for(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "file"
            file.write_bytes(bytes(8 << 20))
            for name in ("limit_blocking", "limit_uring"):
                for work in ("echo", "read", "randread", "write"):
                    with self.subTest(server=name, work=work):
                        self.serve(name, work, file)

    def serve(self, name, work, file):
        with subprocess.Popen([LOAD / "limits" / name, "127.0.0.1:0", file],
                              stdout=subprocess.PIPE, text=True) as server:
            try:
                address = server.stdout.readline().split()[-1]
                done = subprocess.run(
                    [SLUICEBENCH, f"limit://{address}", "-w", work, "-c2", "-d4", "--count=500",
                     "--size=8M", "--json=-"], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                run = json.loads(done.stdout)["runs"][0]
                self.assertEqual((run["operations"], run["errors"]), (500, {}))
            finally:
                server.kill()


class ProfileTest(unittest.TestCase):

    def test_the_innermost_known_function_says_what_was_done(self):
        profile = SourceFileLoader("profile", str(ROOT / "benchmarks/load/profile")).load_module()
        kernel = "[kernel.kallsyms]"
        for what, functions in (
                ("reading the file: copying", ["_copy_to_iter", "filemap_read", "io_read"]),
                ("sending: copying", ["_copy_from_iter", "tcp_sendmsg_locked", "io_send"]),
                ("sluice: messages (proto)", ["memmove", "sluice::proto::Header::Decode"]),
                ("the rest", ["unheard_of"])):
            self.assertEqual(profile.classify([(name, kernel) for name in functions]), what)

    @unittest.skipUnless(shutil.which("perf"), "linux-perf is not installed")
    def test_parts_make_up_what_an_operation_costs(self):
        with tempfile.NamedTemporaryFile() as results:
            done = subprocess.run([ROOT / "benchmarks/load/profile", "--only=echo", "--time=2",
                                   f"--json={results.name}"], capture_output=True, text=True)
            if "not permitted" in done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
            (table,) = json.load(results)["profiles"]
        self.assertAlmostEqual(sum(table["parts"].values()), table["us_per_operation"], places=3)
        self.assertIn("crypto: signatures and ciphers", table["parts"])


if __name__ == "__main__":
    unittest.main()
