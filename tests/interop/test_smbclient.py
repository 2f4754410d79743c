"""smbclient against a running sluiced: every dialect and signing algorithm, trees, big files, refusals."""

import contextlib
import hashlib
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from gateway import SLUICECTL, Gateway

DIALECTS = {"SMB2_02": "2.0.2", "SMB2_10": "2.1", "SMB3_00": "3.0", "SMB3_02": "3.0.2",
            "SMB3_11": "3.1.1"}
SIGNING = {"2.0.2": "HMAC-SHA256", "2.1": "HMAC-SHA256", "3.0": "AES-128-CMAC",
           "3.0.2": "AES-128-CMAC", "3.1.1": "AES-128-GMAC"}
GIB = 1 << 30


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as data:
        while block := data.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def random_file(path, size):
    """Pseudo-random bytes, made fast: AES-CTR over zeros, under a key from the path's name."""
    key = hashlib.sha256(str(path).encode()).hexdigest()[:32]
    subprocess.run(
        f"head -c {size} /dev/zero | openssl enc -aes-128-ctr -K {key} -iv 0 2>/dev/null >'{path}'",
        shell=True, check=True)


class SmbclientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        cls.gateway.__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)
        local = tempfile.TemporaryDirectory(prefix="sluice-local-")
        cls.addClassCleanup(local.cleanup)
        cls.local = pathlib.Path(local.name)
        cls.share = cls.gateway.shares["files"]

    def run_ok(self, command, *options, **more):
        done = self.gateway.smbclient(command, *options, **more)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def session_during(self, option):
        """The session that sluicectl shows while an smbclient with this option is connected."""
        seen = self.local / "sessions"
        # smbclient runs what follows "!" only when it reads its commands from standard input.
        shell = f'!"{SLUICECTL}" --socket "{self.gateway.socket}" sessions --json >"{seen}"'
        self.run_ok(None, *option, input=f"ls\n{shell}\n")
        sessions = json.loads(seen.read_text())["rows"]
        self.assertEqual(len(sessions), 1, sessions)
        return sessions[0]

    def work(self, *options):
        """list, mkdir, put, get, rename, delete."""
        source, back = self.local / "source", self.local / "back"
        random_file(source, 3_000_001)
        self.run_ok(f'mkdir Dir; put "{source}" "Dir\\a file"; ls Dir\\*; rename "Dir\\a file" Dir\\b; '
                    f'get dir\\B "{back}"', *options)
        self.assertEqual(sha256(source), sha256(back))
        self.assertEqual(sha256(source), sha256(self.share / "Dir" / "b"))
        self.assertIn("b", self.run_ok("ls Dir\\*", *options))
        self.run_ok("del Dir\\b; rmdir Dir", *options)
        self.assertEqual(list(self.share.iterdir()), [])

    def test_links_are_deleted_and_their_targets_are_not(self):
        keep, tree = self.share / "keep", self.share / "tree"
        for directory in (keep, tree, tree / "below"):
            directory.mkdir()
            directory.chmod(0o777)
        (keep / "file").write_text("precious")
        (keep / "file").chmod(0o666)
        links = {"to-dir": "../keep", "to-file": "../keep/file", "broken": "nothing",
                 "absolute": "/nowhere", "below/to-dir": "../../keep"}
        for name, target in links.items():
            (tree / name).symlink_to(target)
        listed = self.run_ok("ls tree\\*")
        for name in ("to-dir", "to-file", "broken", "absolute"):
            self.assertRegex(listed, rf"(?m)^  {name} ")
        back = self.local / "through-link"
        self.run_ok(f'get tree\\to-file "{back}"')
        self.assertEqual(back.read_text(), "precious")
        self.run_ok("rename tree\\to-file tree\\moved")
        self.assertTrue((tree / "moved").is_symlink())
        self.run_ok("rm tree\\moved; rm tree\\broken; rm tree\\absolute")
        for name in ("moved", "broken", "absolute"):
            self.assertFalse((tree / name).is_symlink(), name)
        # Whatever becomes of the tree.
        for command in ("recurse on; cd tree; rm *", "deltree tree"):
            self.gateway.smbclient(command)
            self.assertEqual((keep / "file").read_text(), "precious", command)
        if (tree / "to-dir").is_symlink():
            self.run_ok("rmdir tree\\to-dir")
        self.assertFalse((tree / "to-dir").is_symlink())
        self.assertEqual((keep / "file").read_text(), "precious")
        shutil.rmtree(tree, ignore_errors=True)
        shutil.rmtree(keep)

    def test_every_dialect(self):
        for option, dialect in DIALECTS.items():
            with self.subTest(dialect):
                protocol = ["-m", option, f"--option=client min protocol={option}"]
                session = self.session_during(protocol)
                self.assertEqual(session["dialect"], dialect)
                self.assertEqual(session["signing"], SIGNING[dialect])
                self.assertEqual(session["user"], self.gateway.user)
                self.work(*protocol)

    def test_every_signing_algorithm(self):
        self.addCleanup(self.gateway.ctl, "prefs", "set", "signing.algorithms",
                        "AES-128-GMAC,AES-128-CMAC,HMAC-SHA256")
        for algorithm in ("AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"):
            with self.subTest(algorithm):
                self.gateway.ctl("prefs", "set", "signing.algorithms", algorithm)
                session = self.session_during(["-m", "SMB3_11"])
                self.assertEqual((session["dialect"], session["signing"]), ("3.1.1", algorithm))
                self.work("-m", "SMB3_11", "--client-protection=sign")

    def test_every_cipher(self):
        for cipher in ("AES-128-GCM", "AES-128-CCM", "AES-256-GCM", "AES-256-CCM"):
            with self.subTest(cipher):
                encrypt = ["-m", "SMB3_11", "--client-protection=encrypt",
                           f"--option=client smb3 encryption algorithms={cipher}"]
                session = self.session_during(encrypt)
                self.assertEqual((session["cipher"], session["encrypted"]), (cipher, True))
                self.work(*encrypt)

    def test_encryption_of_older_dialects_is_ccm(self):
        for option in ("SMB3_00", "SMB3_02"):
            encrypt = ["-m", option, "--client-protection=encrypt"]
            self.assertEqual(self.session_during(encrypt)["cipher"], "AES-128-CCM")
            self.work(*encrypt)

    def test_required_encryption_refuses_who_does_not_encrypt(self):
        self.addCleanup(self.gateway.ctl, "prefs", "set", "encryption.mode", "enabled")
        self.gateway.ctl("prefs", "set", "encryption.mode", "required")
        self.refused("NT_STATUS_ACCESS_DENIED", options=["-m", "SMB2_10"])
        self.assertTrue(self.session_during(["-m", "SMB3_11"])["encrypted"])

    def test_share_that_must_be_encrypted_refuses_who_does_not_encrypt(self):
        self.addCleanup(self.gateway.ctl, "prefs", "set", "share.files.encryption", "enabled")
        self.gateway.ctl("prefs", "set", "share.files.encryption", "required")
        self.refused("NT_STATUS_ACCESS_DENIED", options=["-m", "SMB2_10"])
        self.work("-m", "SMB3_11")
        self.work("-m", "SMB3_02")
        self.assertTrue(self.session_during(["-m", "SMB3_11"])["encrypted"])

    def test_notify_tells_of_changes(self):
        self.run_ok("ls")  # writes the credentials
        watcher = subprocess.Popen(
            ["stdbuf", "-oL", "smbclient", "-s", "/dev/null", "-p", str(self.gateway.port), "-A",
             str(self.gateway.directory / f"credentials-{self.gateway.user}"),
             f"//{self.gateway.host}/files", "-c", 'notify ""'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        told = queue.Queue()
        threading.Thread(target=lambda: [told.put(line) for line in watcher.stdout],
                         daemon=True).start()
        lines = []
        # Until the watch is there nothing is told, so the first change is made again and again.
        deadline = time.monotonic() + 60
        while not lines:
            self.assertLess(time.monotonic(), deadline, "nothing was told")
            self.run_ok("mkdir told; rmdir told")
            with contextlib.suppress(queue.Empty):
                lines.append(told.get(timeout=0.5))
        self.run_ok("mkdir last")
        while "last" not in lines[-1]:
            lines.append(told.get(timeout=60))
        self.run_ok("rmdir last")
        self.assertRegex(lines[0], "^0001 told|^0002 told")
        self.assertRegex(lines[-1], "^0001 last")

    def test_responses_under_cmac_share_lanes(self):
        """How many signatures had company in the lanes while one client read.

        That is a matter of timing, so it is helped: while the gateway is stopped the client's
        requests gather, and when it goes on it finds them all at once.
        """
        def counters():
            return json.loads(self.gateway.ctl("status", "--json").stdout)["counters"]

        self.run_ok("ls")  # writes the credentials
        self.addCleanup((self.share / "big").unlink)
        random_file(self.share / "big", 256 << 20)
        # Short reads, so that many are in flight.
        self.gateway.ctl("prefs", "set", "limits.read_bytes", "65536")
        self.addCleanup(self.gateway.ctl, "prefs", "reset", "limits.read_bytes")
        before = counters()
        for attempt in range(20):
            reader = subprocess.Popen(
                ["smbclient", "-s", "/dev/null", "-p", str(self.gateway.port), "-A",
                 str(self.gateway.directory / f"credentials-{self.gateway.user}"),
                 "--client-protection=sign", "--option=client smb3 signing algorithms=AES-128-CMAC",
                 f"//{self.gateway.host}/files", "-c", "get big /dev/null"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while attempt > 0 and reader.poll() is None:
                self.gateway.process.send_signal(signal.SIGSTOP)
                time.sleep(0.1)
                self.gateway.process.send_signal(signal.SIGCONT)
                time.sleep(0.02)
            self.assertEqual(reader.wait(timeout=120), 0)
            now = counters()
            filled = now["crypto_lanes_filled"] - before["crypto_lanes_filled"]
            jobs = now["crypto_jobs"] - before["crypto_jobs"]
            if filled > 0:
                break
        print(f"{filled} of {jobs} signatures shared lanes ({attempt + 1} readings)")
        self.assertGreater(filled, 0)
        self.assertLessEqual(filled, jobs)

    def test_lists_the_shares(self):
        listing = self.run_ok(None, share=None)
        self.assertIn("files", listing)
        self.assertIn("IPC$", listing)

    def test_tree_of_a_thousand_files_both_ways(self):
        tree = self.local / "tree"
        for i in range(1000):
            path = tree / f"d{i % 10}" / f"file {i}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{i}\n".encode() * (i % 97))
        self.run_ok("recurse on; prompt off; mput tree", cwd=self.local)
        (self.local / "returned").mkdir()
        self.run_ok("recurse on; prompt off; mget tree", cwd=self.local / "returned")
        subprocess.run(["diff", "-r", tree, self.share / "tree"], check=True)
        subprocess.run(["diff", "-r", tree, self.local / "returned" / "tree"], check=True)
        self.run_ok("deltree tree")
        self.assertFalse((self.share / "tree").exists())

    def test_a_gibibyte_both_ways(self):
        source, back = self.local / "big", self.local / "big-back"
        random_file(source, GIB)
        self.run_ok(f'put "{source}" big', timeout=300)
        self.run_ok(f'get big "{back}"', timeout=300)
        wanted = sha256(source)
        self.assertEqual(sha256(self.share / "big"), wanted)
        self.assertEqual(sha256(back), wanted)
        for path in (source, back, self.share / "big"):
            path.unlink()

    def test_an_unsigned_file_leaves_the_page_cache_uncopied(self):
        """Up to its end, which is no whole page, in a dialect of each way to negotiate."""
        self.gateway.ctl("prefs", "set", "signing.required", "false")
        self.addCleanup(self.gateway.ctl, "prefs", "reset", "signing.required")
        self.addCleanup((self.share / "big").unlink)
        random_file(self.share / "big", (64 << 20) + 777)
        back = self.local / "unsigned-back"
        for dialect in ("SMB2_10", "SMB3_11"):
            before = json.loads(self.gateway.ctl("status", "--json").stdout)["counters"]
            self.run_ok(f'get big "{back}"', "-m", dialect, "--option=client signing=off")
            now = json.loads(self.gateway.ctl("status", "--json").stdout)["counters"]
            self.assertEqual(sha256(back), sha256(self.share / "big"))
            self.assertGreaterEqual(now["reads_uncopied"] - before["reads_uncopied"], 64)

    def refused(self, status, options=(), **more):
        done = self.gateway.smbclient("ls", *options, **more)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(status, done.stdout + done.stderr)

    def test_wrong_password_is_refused(self):
        self.refused("NT_STATUS_LOGON_FAILURE", password="wrong")

    def test_unknown_user_is_refused(self):
        self.refused("NT_STATUS_LOGON_FAILURE", user="mallory")

    def test_unknown_share_is_refused(self):
        self.refused("NT_STATUS_BAD_NETWORK_NAME", share="nothing")

    def test_anonymous_is_refused(self):
        done = subprocess.run(["smbclient", "-s", "/dev/null", "-N", "-U", "%", "-p",
                               str(self.gateway.port), f"//{self.gateway.host}/files", "-c", "ls"],
                              capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("NT_STATUS_ACCESS_DENIED", done.stdout + done.stderr)

    def test_paths_do_not_escape(self):
        (self.gateway.directory / "outside").write_text("secret")
        (self.share / "link").symlink_to(self.gateway.directory)
        self.addCleanup((self.share / "link").unlink)
        for path in ("..\\outside", "link\\outside"):
            done = self.gateway.smbclient(f'get {path} "{self.local}/stolen"')
            self.assertNotEqual(done.returncode, 0)
            self.assertFalse((self.local / "stolen").exists())


@unittest.skipUnless(os.geteuid() == 0, "smbcacls knows port 445 only")
class SmbcaclsTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(host="127.77.0.1", port=445)
        self.gateway.__enter__()
        self.addCleanup(self.gateway.__exit__)
        self.file = self.gateway.shares["files"] / "rights"
        done = self.gateway.smbclient(f'put "{__file__}" rights')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def run_smbcacls(self, *options):
        gateway = self.gateway
        return subprocess.run(
            ["smbcacls", f"//{gateway.host}/files", "rights", "--numeric",
             f"-U{gateway.user}%{gateway.password}", *options],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

    def set_list(self, *entries):
        self.file.chmod(0o640)
        done = self.run_smbcacls("-S", ",".join(entries))
        mode = self.file.stat().st_mode & 0o777
        return done.returncode == 0, done.stdout + done.stderr, mode

    def test_lists_of_rights_that_a_mode_cannot_say_are_refused(self):
        self.file.chmod(0o640)
        shown = self.run_smbcacls().stdout
        own = [line for line in shown.splitlines() if line.startswith("ACL:")]
        self.assertEqual(len(own), 3, shown)
        everyone = "ACL:S-1-1-0:0/0x0/0x0012019f"
        for entries, wanted in ((own, 0o640), ([everyone], 0o666)):
            done, output, mode = self.set_list(*entries)
            self.assertTrue(done, output)
            self.assertEqual(mode, wanted)
        for refused in ("ACL:S-1-5-21-1-2-3-1104:0/0x0/0x001f01ff", "ACL:S-1-1-0:1/0x0/0x00000002"):
            for entries in ([refused], [refused, everyone]):
                done, output, mode = self.set_list(*entries)
                self.assertFalse(done, entries)
                self.assertIn("NT_STATUS_NOT_SUPPORTED", output)
                self.assertEqual(mode, 0o640)


if __name__ == "__main__":
    unittest.main()
