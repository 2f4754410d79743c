"""A Samba server's configuration and users, imported; then its users log on with their passwords."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from gateway import SLUICECTL, SLUICED, Gateway

DATA = pathlib.Path(__file__).resolve().parent / "data"
# Accounts that every Debian has: Samba's users need one.
USERS = {"games": "Games-of-Old-1", "daemon": "Daemon-of-Old-2"}


class SambaImportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="sluice-samba-")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.directory.chmod(0o755)
        for share in ("projects", "scans", "public"):
            (cls.directory / share).mkdir()
            (cls.directory / share).chmod(0o777)
            (cls.directory / share / "hello.txt").write_text(f"in {share}\n")
        for name in ("smb.conf", "more.conf"):
            text = (DATA / name).read_text().replace("@DIRECTORY@", str(cls.directory))
            (cls.directory / name).write_text(text)

    def import_conf(self, *options):
        return subprocess.run([str(SLUICECTL), "import-samba", str(self.directory / "smb.conf"),
                               *options], text=True, capture_output=True, check=True, timeout=30)

    def exported_users(self):
        """What pdbedit of a Samba with these users prints."""
        state = self.directory / "samba"
        state.mkdir(exist_ok=True)
        conf = state / "smb.conf"
        conf.write_text("[global]\n" + "".join(
            f"{key} = {state}\n" for key in ("private dir", "lock directory", "state directory",
                                             "cache directory", "pid directory")) +
            f"passdb backend = tdbsam:{state}/passdb.tdb\nlog file = {state}/log\n")
        for user, password in USERS.items():
            subprocess.run(["pdbedit", "-s", str(conf), "-a", "-t", "-u", user], text=True,
                           input=f"{password}\n{password}\n", capture_output=True, check=True,
                           timeout=60)
        return subprocess.run(["pdbedit", "-s", str(conf), "-L", "-w"], text=True,
                              capture_output=True, check=True, timeout=60).stdout

    def gateway(self):
        """A gateway with the imported configuration, at a place of the test's."""
        gateway = Gateway(shares=(), users=(("probe", "Not-Imported-0"),))
        toml = self.import_conf().stdout
        place = (f'listen = ["{gateway.host}:{gateway.port}"]\n'
                 f'state_dir = "{gateway.directory}/state"\ncontrol_socket = "{gateway.socket}"')
        toml, replaced = re.subn(r"^listen = .*$", place, toml, flags=re.MULTILINE)
        self.assertEqual(replaced, 1)
        gateway.config.write_text(toml)
        return gateway

    def test_says_what_is_not_carried_over_and_what_that_means(self):
        notes = self.import_conf().stderr
        for expected in (
                r"smb.conf:\d+: \[homes\]: there is no share that is another directory",
                r"smb.conf:\d+: \[printers\]: left out",
                r"smb.conf:\d+: include = /etc/samba/%m.conf: which file that is depends",
                r"smb.conf:\d+: \[global\] hosts allow = 192.168.1. 127.: SECURITY:",
                r"smb.conf:\d+: \[Projects\] create mask = 0660: SECURITY:",
                r"smb.conf:\d+: \[Projects\] force group = staff: SECURITY:",
                r"smb.conf:\d+: \[Projects\] veto files = /\*.tmp/.DS_Store/: SECURITY:",
                r"smb.conf:\d+: \[scans\$\] vfs objects = .*: .* what recycle does",
                r"smb.conf:\d+: \[scans\$\] recycle:repository = .trash:",
                r"more.conf:5: \[public\] wide links = yes: .* never follows a link",
                r"more.conf:6: \[public\] frobnicate = maybe: not known"):
            self.assertRegex(notes, expected)

    def test_writes_a_file_and_json(self):
        output = self.directory / "sluice.toml"
        self.import_conf("--output", str(output))
        as_json = json.loads(self.import_conf("--json").stdout)
        self.assertEqual(output.read_text(), as_json["toml"])
        self.assertGreater(len(as_json["notes"]), 20)
        output.unlink()
        self.import_conf("--json", "--output", str(output))
        self.assertEqual(output.read_text(), as_json["toml"])

    def test_the_result_is_a_usable_configuration(self):
        output = self.directory / "checked.toml"
        self.import_conf("--output", str(output))
        subprocess.run([str(SLUICED), "--check-config", "--config", str(output)], check=True,
                       capture_output=True, timeout=30)

    def test_a_file_that_is_there_is_overwritten_only_by_force(self):
        output = self.directory / "mine.toml"
        output.write_text("mine")
        with self.assertRaises(subprocess.CalledProcessError) as raised:
            self.import_conf("--output", str(output))
        self.assertEqual(raised.exception.returncode, 1)
        self.assertIn("is there already; --force overwrites it", raised.exception.stderr)
        self.assertEqual(output.read_text(), "mine")
        self.import_conf("--output", str(output), "--force")
        self.assertIn("[[share]]", output.read_text())

    def test_a_file_that_cannot_be_read(self):
        done = subprocess.run([str(SLUICECTL), "import-samba", "/nonexistent/smb.conf"], text=True,
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot read /nonexistent/smb.conf: No such file", done.stderr)
        for command in (["import-samba"], ["user", "import"]):
            done = subprocess.run([str(SLUICECTL), *command, "/tmp"], text=True,
                                  capture_output=True, timeout=30)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("cannot read /tmp: ", done.stderr)

    def test_an_import_that_fails_halfway_says_what_is_there(self):
        with Gateway() as gateway:
            good = [f"user{i}:0:XX:{i:032X}:[U]:LCT-0:" for i in range(700)]
            bad = [*good[:600], "nonsense", *good[600:]]  # behind what one request can hold
            done = gateway.ctl("user", "import", input="\n".join(bad), check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "line 601: .*; the [0-9]+ users of the lines before [0-9]+ "
                                          "are imported, none of those from there on")
            there = len(json.loads(gateway.ctl("user", "list", "--json").stdout))
            self.assertIn(f"the {there - len(gateway.users)} users", done.stderr)
            done = gateway.ctl("user", "import", input="nonsense\n", check=False)
            self.assertIn("none was imported", done.stderr)
            done = gateway.ctl("user", "import", input="\n".join(good))
            self.assertIn("700 users imported", done.stdout)

    def test_imported_users_use_imported_shares(self):
        with self.gateway() as gateway:
            exported = self.exported_users()
            done = gateway.ctl("user", "import", input=exported)
            self.assertIn("2 users imported", done.stdout)
            hashes = re.findall(r"\b[0-9A-F]{32}\b", exported)
            self.assertEqual([h for h in hashes if h in gateway.log() + done.stdout], [])

            def run(command, user, share):
                return gateway.smbclient(command, share=share, user=user, password=USERS[user])

            # valid users, write list
            put = f'put "{self.directory}/smb.conf" new.conf'
            self.assertEqual(run("ls hello.txt", "daemon", "Projects").returncode, 0)
            self.assertIn("ACCESS_DENIED", run(put, "daemon", "Projects").stdout)
            self.assertIn("ACCESS_DENIED", run("del hello.txt", "daemon", "Projects").stdout)
            self.assertEqual(run(put, "games", "Projects").returncode, 0)
            self.assertTrue((self.directory / "projects" / "new.conf").exists())
            # read list
            self.assertIn("ACCESS_DENIED", run("mkdir sub", "daemon", "scans$").stdout)
            self.assertEqual(run("mkdir sub; rmdir sub", "games", "scans$").returncode, 0)
            # read only
            self.assertIn("ACCESS_DENIED", run("mkdir sub", "games", "public").stdout)
            listing = run(None, "games", None).stdout
            self.assertIn("Projects", listing)
            # Who is in no list may not use the share, and the operator can see why.
            denied = gateway.smbclient("ls", share="Projects")
            self.assertIn("ACCESS_DENIED", denied.stdout + denied.stderr)
            self.assertIn('127.0.0.1: user "probe" may not use share "Projects": its lists do not '
                          "allow it", gateway.ctl("clients", "refused").stdout)
            # Groups count as well.
            gateway.ctl("group", "set", "staff", "probe")
            self.assertEqual(gateway.smbclient("ls", share="Projects").returncode, 0)
            # The session is signed, and by 2.1 at least, as the old server had it.
            old = gateway.smbclient("ls", "-m", "SMB2_02", "--option=client min protocol=SMB2_02",
                                    share="public", user="games", password=USERS["games"])
            self.assertNotEqual(old.returncode, 0)
            self.assertIn("127.0.0.1: client offered only SMB 2.0.2; dialect.min is 2.1",
                          gateway.ctl("clients", "refused").stdout)


if __name__ == "__main__":
    unittest.main()
