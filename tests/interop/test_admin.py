"""Administration of a running gateway, with real clients connected: what changes at once, what
stays, what survives a restart."""

import json
import signal
import subprocess
import threading
import time
import unittest

from control_client import ControlClient, ControlError
from gateway import Gateway, SLUICED, free_port
from smb_session import SmbSession


def eventually(condition, timeout=10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


class AdminTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(shares=("files", "other"))
        self.gateway.__enter__()
        self.addCleanup(self.gateway.__exit__)

    def set(self, *pairs, check=True):
        return self.gateway.ctl("prefs", "set", *pairs, check=check)

    def get(self, name):
        return json.loads(self.gateway.ctl("prefs", "get", name, "--json").stdout)

    def signing_algorithms(self):
        return [session["signing"] for session in self.gateway.sessions()]

    def no_sessions(self):
        self.assertTrue(eventually(lambda: not self.gateway.sessions()))

    # --- What to show 1 ---

    def test_signing_algorithms_change_while_clients_are_connected(self):
        with SmbSession(self.gateway) as old:
            self.assertEqual(self.signing_algorithms(), ["AES-128-GMAC"])
            dry = self.gateway.ctl("prefs", "set", "signing.algorithms", "AES-128-CMAC",
                                   "--dry-run").stdout
            self.assertIn("goes on signing with AES-128-GMAC", dry)
            self.assertIn("when it connects again it cannot sign with it any more", dry)
            self.assertIn("alice", dry)
            self.assertEqual(self.get("signing.algorithms")["source"], "file")

            self.set("signing.algorithms", "AES-128-CMAC")
            with SmbSession(self.gateway):
                self.assertEqual(sorted(self.signing_algorithms()),
                                 ["AES-128-CMAC", "AES-128-GMAC"])
                self.assertIn("blocks of size", old.run("ls"))
        self.no_sessions()

        self.gateway.stop()
        self.gateway.start()
        kept = self.get("signing.algorithms")
        self.assertEqual((kept["value"], kept["source"]), (["AES-128-CMAC"], "runtime"))
        with SmbSession(self.gateway):
            self.assertEqual(self.signing_algorithms(), ["AES-128-CMAC"])
        self.no_sessions()

        self.gateway.ctl("prefs", "reset", "signing.algorithms")
        reset = self.get("signing.algorithms")
        self.assertEqual((reset["value"], reset["source"]),
                         (["AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"], "file"))
        with SmbSession(self.gateway):
            self.assertEqual(self.signing_algorithms(), ["AES-128-GMAC"])

    # --- What to show 2 ---

    def test_encryption_mode(self):
        with SmbSession(self.gateway):
            self.assertFalse(self.gateway.sessions()[0]["encrypted"])
            self.set("encryption.mode", "required")
            self.assertFalse(self.gateway.sessions()[0]["encrypted"])
        self.no_sessions()
        with SmbSession(self.gateway) as session:
            self.assertTrue(self.gateway.sessions()[0]["encrypted"])
            self.assertIn("blocks of size", session.run("ls"))
        refused = self.gateway.smbclient("ls", "-m", "SMB2_10")
        self.assertNotEqual(refused.returncode, 0)
        self.gateway.ctl("prefs", "reset", "--all")
        self.assertEqual(self.gateway.smbclient("ls", "-m", "SMB2_10").returncode, 0)

    def test_dialect_min(self):
        self.assertEqual(self.gateway.smbclient("ls", "-m", "SMB2_10").returncode, 0)
        self.set("dialect.min", "3.0")
        self.assertNotEqual(self.gateway.smbclient("ls", "-m", "SMB2_10").returncode, 0)
        self.assertEqual(self.gateway.smbclient("ls", "-m", "SMB3_00").returncode, 0)

    def test_encryption_of_a_share(self):
        self.set("share.files.encryption", "required")
        refused = self.gateway.smbclient("ls", "-m", "SMB2_10")
        self.assertIn("NT_STATUS_ACCESS_DENIED", refused.stdout + refused.stderr)
        self.assertEqual(self.gateway.smbclient("ls", "-m", "SMB2_10", share="other").returncode, 0)
        self.assertEqual(self.gateway.smbclient("ls").returncode, 0)

    def test_limits(self):
        self.set("limits.connections_per_address", "1")
        with SmbSession(self.gateway) as first:
            self.assertNotEqual(self.gateway.smbclient("ls").returncode, 0)
            self.set("limits.connections_per_address", "2")
            self.assertEqual(self.gateway.smbclient("ls").returncode, 0)
            self.assertIn("blocks of size", first.run("ls"))

    def test_read_only_holds_at_once(self):
        source = self.gateway.directory / "source"
        source.write_text("text")
        with SmbSession(self.gateway) as session:
            self.assertIn("putting file", session.run(f"put {source} before"))
            self.set("share.files.read_only", "true")
            self.assertIn("NT_STATUS", session.run(f"put {source} after"))
            self.assertIn("NT_STATUS", session.run("rm before"))
            self.set("share.files.read_only", "false")
            self.assertIn("putting file", session.run(f"put {source} after"))
        self.assertEqual(sorted(p.name for p in self.gateway.shares["files"].iterdir()),
                         ["after", "before"])

    # --- Values ---

    def test_wrong_value_changes_nothing_and_says_what_is_valid(self):
        refused = self.set("limits.credits", "100", "dialect.min", "4.0", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("one of 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1", refused.stderr)
        self.assertEqual(self.get("limits.credits")["source"], "default")
        typo = self.gateway.ctl("prefs", "get", "limit.credits", check=False)
        self.assertIn('did you mean "limits.credits"', typo.stderr)
        self.assertEqual(self.gateway.ctl("prefs", "set", "limits.credits", check=False).returncode,
                         2)

    def test_concurrent_sets_do_not_lose_one_another(self):
        keys = ["limits.credits", "limits.sessions", "limits.opens_per_session",
                "limits.connections", "timeouts.idle", "timeouts.handshake"]
        failures = []

        def work(key):
            client = ControlClient(self.gateway.socket)
            try:
                for value in range(2000, 2030):
                    client.call("prefs.set", values={key: value})
            except Exception as error:  # the thread's only way to tell
                failures.append(error)
            client.close()

        threads = [threading.Thread(target=work, args=(key,)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        kept = json.loads((self.gateway.directory / "state/runtime.json").read_text())
        self.assertEqual(kept["preferences"], {key: "2029" for key in keys})

    # --- Shares and users ---

    def test_share_comes_and_goes(self):
        fresh = self.gateway.directory / "fresh"
        fresh.mkdir()
        fresh.chmod(0o777)
        (fresh / "inside").write_text("text")
        self.gateway.ctl("share", "add", "Fresh", str(fresh), "--set", "read_only=true",
                         "--comment", "new")
        self.assertIn("Fresh", self.gateway.smbclient(None, share=None).stdout)
        self.gateway.stop()
        self.gateway.start()
        with SmbSession(self.gateway, share="Fresh") as session:
            self.assertIn("inside", session.run("ls"))
            self.assertIn("NT_STATUS", session.run("mkdir directory"))
            drained = self.gateway.ctl("share", "remove", "fresh").stdout
            self.assertIn("go on until their clients end them: 1", drained)
            self.assertIn("inside", session.run("ls"))
            self.assertIn("NT_STATUS_BAD_NETWORK_NAME",
                          self.gateway.smbclient("ls", share="fresh").stdout)
        self.gateway.stop()
        self.gateway.start()
        self.assertNotIn("Fresh", self.gateway.ctl("share", "list").stdout)

    def test_share_is_closed_under_its_client(self):
        with SmbSession(self.gateway) as session:
            self.assertIn("blocks of size", session.run("ls"))
            closed = self.gateway.ctl("share", "remove", "files", "--close").stdout
            self.assertIn("tree connects closed: 1", closed)
            self.assertIn("NT_STATUS", session.run("ls"))
        missing = self.gateway.ctl("share", "get", "files", check=False)
        self.assertIn("there is no share files", missing.stderr)

    def test_closing_a_share_means_those_that_it_replaced_as_well(self):
        elsewhere = self.gateway.directory / "elsewhere"
        elsewhere.mkdir()
        with SmbSession(self.gateway) as session:
            self.assertIn("blocks of size", session.run("ls"))
            self.gateway.ctl("share", "change", "files", "--path", str(elsewhere))
            self.gateway.ctl("prefs", "set", "share.files.read_only", "true")
            self.assertIn("NT_STATUS", session.run("mkdir directory"))
            closed = self.gateway.ctl("share", "remove", "files", "--close").stdout
            self.assertIn("tree connects closed: 1", closed)
            self.assertIn("NT_STATUS", session.run("ls"))

    def test_another_comment_leaves_files_in_memory_where_they_are(self):
        self.gateway.ctl("share", "add", "ram", "--storage", "memory")
        self.gateway.smbclient("mkdir kept", share="ram")
        self.gateway.ctl("share", "change", "ram", "--comment", "other")
        self.assertIn("kept", self.gateway.smbclient("ls", share="ram").stdout)

    def test_share_moves_to_another_directory(self):
        elsewhere = self.gateway.directory / "elsewhere"
        elsewhere.mkdir()
        elsewhere.chmod(0o777)
        (elsewhere / "moved").write_text("text")
        self.gateway.ctl("share", "change", "files", "--path", str(elsewhere), "--close")
        self.assertIn("moved", self.gateway.smbclient("ls").stdout)

    def test_share_of_the_file_goes_back_to_what_the_file_says(self):
        elsewhere = self.gateway.directory / "elsewhere"
        elsewhere.mkdir()
        nothing = self.gateway.ctl("share", "change", "files", check=False)
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("--path or --comment", nothing.stderr)
        self.gateway.ctl("share", "change", "files", "--path", str(elsewhere))
        self.assertIn("files: the file's path is overridden at run time",
                      self.gateway.ctl("reload").stdout)
        (self.gateway.shares["files"] / "of-the-file").write_text("text")
        self.gateway.ctl("share", "reset", "FILES", "--close")
        self.assertIn("of-the-file", self.gateway.smbclient("ls").stdout)
        self.assertNotIn("overridden", self.gateway.ctl("reload").stdout)

    def test_settings_of_a_new_share(self):
        path = str(self.gateway.directory / "other")
        wrong = self.gateway.ctl("share", "add", "new", "--set", "read_only=true", "visible=false",
                                 check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("each KEY=VALUE takes a --set of its own", wrong.stderr)
        memory = self.gateway.ctl("share", "add", "new", path, "--storage", "memory", check=False)
        self.assertIn("a share in memory has no path", memory.stderr)
        self.gateway.ctl("share", "add", "new", "--set", "read_only=true", "--set",
                         "visible=false", path)
        shown = json.loads(self.gateway.ctl("share", "get", "new", "--json").stdout)
        self.assertEqual((shown["preferences"]["read_only"], shown["preferences"]["visible"]),
                         (True, False))

    def test_share_gone_from_the_disk_does_not_keep_the_gateway_down(self):
        gone = self.gateway.directory / "gone"
        gone.mkdir()
        self.gateway.ctl("share", "add", "gone", str(gone))
        self.gateway.stop()
        gone.rmdir()
        self.gateway.start()
        self.assertEqual(self.gateway.smbclient("ls").returncode, 0)
        self.assertIn("it is not served", self.gateway.log())
        self.gateway.ctl("share", "remove", "gone")

    def test_user_that_is_there_keeps_its_account(self):
        self.assertEqual(self.gateway.ctl("user", "add", "bob", "--unix-user", "nobody",
                                          "--password-stdin", input="One-1\n").stdout,
                         "user bob is added\n")
        self.assertEqual(self.gateway.ctl("user", "add", "BOB", "--password-stdin",
                                          input="Two-2\n").stdout,
                         "user bob was there already and has a new password\n")
        users = json.loads(self.gateway.ctl("user", "list", "--json").stdout)
        self.assertIn({"name": "bob", "unix_user": "nobody", "disabled": False}, users)
        self.assertEqual(self.gateway.smbclient("ls", user="bob", password="Two-2").returncode, 0)

    def test_names_that_nobody_has_are_taken_with_a_warning(self):
        def warnings(*arguments, **options):
            return self.gateway.ctl(*arguments, **options).stderr

        self.assertIn("warning: there is no Unix account nosuchacct",
                      warnings("user", "add", "bob", "--unix-user", "nosuchacct",
                               "--password-stdin", input="One-1\n"))
        self.assertIn("warning: group staff: there is no user bbo",
                      warnings("group", "set", "staff", "alice", "bbo", "bob"))
        self.assertIn("warning: share.new.allow_read: there is no group stff",
                      warnings("share", "add", "new", "--storage", "memory", "--set",
                               "allow_read=@stff"))
        self.gateway.ctl("user", "remove", "bob")
        self.assertEqual(json.loads(self.gateway.ctl("group", "list", "--json").stdout),
                         [{"name": "staff", "members": ["alice", "bbo"]}])
        self.set("share.files.allow_write", "@team,@staff")
        self.assertIn("warning: share.files.allow_write names @staff",
                      warnings("group", "remove", "staff"))

    def test_user_is_disabled_and_enabled(self):
        self.gateway.ctl("user", "disable", "alice")
        refused = self.gateway.smbclient("ls")
        self.assertIn("NT_STATUS_ACCOUNT_DISABLED", refused.stdout + refused.stderr)
        self.gateway.ctl("user", "enable", "alice")
        self.gateway.ctl("user", "passwd", "alice", "--password-stdin", input="Another-9\n")
        self.assertNotEqual(self.gateway.smbclient("ls").returncode, 0)
        self.assertEqual(self.gateway.smbclient("ls", password="Another-9").returncode, 0)
        nobody = self.gateway.ctl("user", "passwd", "nobody", "--password-stdin", input="x\n",
                                  check=False)
        self.assertIn("there is no user nobody", nobody.stderr)

    # --- The file ---

    def check_config(self):
        return subprocess.run([str(SLUICED), "--config", str(self.gateway.config),
                               "--check-config"], text=True, capture_output=True, check=False)

    def test_check_config_tells_where_each_value_comes_from(self):
        self.set("limits.credits", "77", "share.files.visible", "false")
        checked = self.check_config()
        self.assertEqual(checked.returncode, 0, checked.stderr)
        lines = {line.split(" = ")[0]: line for line in checked.stdout.splitlines() if " = " in line}
        self.assertRegex(lines["credits"], r"credits = 77 +# set at run time; otherwise 8192")
        self.assertRegex(lines["control_socket"], r"# .*sluice.toml:\d+")
        self.assertRegex(lines["loops"], r"loops = 0 +# default")
        # It is a configuration itself.
        again = self.gateway.directory / "again.toml"
        again.write_text(checked.stdout)
        self.assertEqual(subprocess.run([str(SLUICED), "--config", str(again), "--check-config"],
                                        capture_output=True, check=False).returncode, 0)

    def test_check_config_tells_every_mistake_at_once(self):
        self.gateway.config.write_text('[server]\nlops = 2\n[dialect]\nmin = "3"\n'
                                       '[[share]]\nname = "a"\npath = "/there/is/none"\n')
        checked = self.check_config()
        self.assertEqual(checked.returncode, 2)
        for mistake in (':2:1: unknown key "lops" in [server]; did you mean "loops"?',
                        ':4:7: [dialect] min: "3" is not valid', ":7:8: [[share]] path"):
            self.assertIn(mistake, checked.stderr)

    def edit(self, old, new):
        text = self.gateway.config.read_text()
        self.assertIn(old, text)
        self.gateway.config.write_text(text.replace(old, new))

    def test_reload_applies_what_it_can_and_lists_the_rest(self):
        third = self.gateway.directory / "third"
        third.mkdir()
        self.edit("required = true", "required = false")
        self.edit("[server]\n", '[server]\nname = "OTHER"\n')
        with open(self.gateway.config, "a") as file:
            file.write(f'[[share]]\nname = "third"\npath = "{third}"\n')
        answer = self.gateway.ctl("reload").stdout
        self.assertIn("signing.required", answer)
        self.assertIn("shares added: third", answer)
        self.assertIn('needs restart: server.name: "SLUICE", the file says "OTHER"', answer)
        self.assertEqual(self.get("signing.required")["value"], False)
        self.assertEqual(self.gateway.smbclient("ls", share="third").returncode, 0)

    def test_sighup_reloads_and_a_mistake_changes_nothing(self):
        self.edit("required = true", "required = false")
        self.gateway.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: not self.get("signing.required")["value"]))
        self.edit("required = false", "requird = true")
        self.gateway.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: 'unknown key "requird"' in self.gateway.log()))
        self.edit("[server]\n", "[server]\nlops = 1\n")
        self.gateway.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: 'unknown key "lops"' in self.gateway.log()))
        self.assertTrue(eventually(lambda: self.gateway.log().count('unknown key "requird"') == 2))
        self.assertIn("reload: nothing was changed\n", self.gateway.log())
        for line in self.gateway.log().splitlines():
            self.assertFalse("lops" in line and "requird" in line, line)
        self.assertEqual(self.get("signing.required")["value"], False)
        self.assertEqual(self.gateway.smbclient("ls").returncode, 0)

    def test_check_config_tells_all_that_a_start_takes(self):
        config = self.gateway.directory / "paths.toml"
        state = self.gateway.config / "state"  # below a file
        config.write_text(f'[server]\nstate_dir = "{state}"\n[log]\nfile = "/no/such/log"\n'
                          '[auth]\nkerberos_keytab = "/no/keytab"\n'
                          '[[share]]\nname = "a"\nstorage = "memory"\n')
        command = [str(SLUICED), "--config", str(config), "--check-config"]
        checked = subprocess.run(command, text=True, capture_output=True, check=False)
        self.assertEqual(checked.returncode, 2)
        for mistake in (f":2:1: [server] state_dir: {state}: Not a directory",
                        ":4:1: [log] file: /no/such: No such file or directory",
                        ":6:1: [auth] kerberos_keytab: cannot read /no/keytab: No such file"):
            self.assertIn(mistake, checked.stderr)
        config.write_text(f'[server]\nstate_dir = "{self.gateway.directory}/s"\n[metrics]\n'
                          'listen = "127.0.0.1:1"\n[auth]\nwinbind = true\n'
                          '[[share]]\nname = "a"\nstorage = "memory"\n')
        shown = subprocess.run(command, text=True, capture_output=True, check=True).stdout
        for line in ('winbind = true ', 'listen = "127.0.0.1:1" ', 'kerberos_realms = [] ',
                     'storage = "memory" ', 'kerberos_users = {} '):
            self.assertIn("\n" + line, shown)

    def test_second_gateway_on_the_same_state_directory_is_refused(self):
        second = self.gateway.directory / "second.toml"
        text = self.gateway.config.read_text()
        second.write_text(text.replace(f":{self.gateway.port}", f":{free_port()}")
                          .replace(self.gateway.socket, self.gateway.socket + "2"))
        refused = subprocess.run([str(SLUICED), "--config", str(second)], text=True,
                                 capture_output=True, check=False, timeout=30)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"another gateway uses the state directory {self.gateway.directory}/state; "
                      "give each its own [server] state_dir", refused.stderr)
        self.assertEqual(self.gateway.smbclient("ls").returncode, 0)

    def test_the_operators_file_is_never_written(self):
        before = self.gateway.config.read_bytes()
        self.set("signing.required", "false", "share.files.read_only", "true")
        self.gateway.ctl("share", "remove", "other")
        self.gateway.ctl("reload")
        self.gateway.ctl("prefs", "reset", "--all")
        self.assertEqual(self.gateway.config.read_bytes(), before)

    # --- The socket ---

    def test_socat_alone_is_enough(self):
        answer = subprocess.run(["socat", "-t", "5", "-", f"UNIX-CONNECT:{self.gateway.socket}"],
                                input='{"id": 7, "command": "status"}\n', text=True,
                                capture_output=True, check=True, timeout=30).stdout
        self.assertEqual(json.loads(answer)["id"], 7)

    def test_errors_have_codes(self):
        client = ControlClient(self.gateway.socket)
        self.addCleanup(client.close)
        for code, command, params in (
                ("not_found", "no.such", {}),
                ("invalid_argument", "prefs.get", {}),
                ("not_found", "user.remove", {"name": "nobody"}),
                ("already_exists", "share.add", {"name": "FILES", "storage": "memory"}),
        ):
            with self.assertRaises(ControlError) as raised:
                client.call(command, **params)
            self.assertEqual(raised.exception.code, code, command)

    def test_exit_codes_of_sluicectl(self):
        self.assertEqual(self.gateway.ctl("status").returncode, 0)
        self.assertEqual(self.gateway.ctl("user", "remove", "nobody", check=False).returncode, 1)
        self.assertEqual(self.gateway.ctl("no-such-command", check=False).returncode, 2)
        self.gateway.stop()
        self.assertEqual(self.gateway.ctl("status", check=False).returncode, 3)

    def error(self, code, *arguments):
        """What --json says of a mistake."""
        done = self.gateway.ctl(*arguments, "--json", check=False)
        self.assertEqual(done.returncode, code)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)["error"]

    def test_errors_are_json_where_json_is_wanted(self):
        self.assertEqual(self.error(1, "user", "remove", "nobody")["code"], "not_found")
        self.assertEqual(self.error(2, "statuz")["message"],
                         'there is no command "statuz"; did you mean "status"?')
        self.assertEqual(self.error(2, "prefs", "gte", "x")["message"],
                         'there is no command "gte"; did you mean "get"?')
        self.assertEqual(self.error(2, "prefs", "set", "limits.credits")["code"], "usage")
        self.assertEqual(self.error(1, "prefs", "get", "x")["message"],
                         'there is no preference "x"; `sluicectl prefs list` shows them')
        self.gateway.stop()
        self.assertEqual(self.error(3, "status")["code"], "unreachable")

    def test_help_is_a_command(self):
        self.assertIn("prefs", self.gateway.ctl("help").stdout)
        self.assertIn("--dry-run", self.gateway.ctl("help", "prefs", "set").stdout)
        wrong = self.gateway.ctl("help", "prefs", "sett", check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn('did you mean "set"?', wrong.stderr)

    def test_a_preference_is_not_set_twice(self):
        done = self.set("limits.credits", "10", "limits.credits", "20", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("limits.credits is given twice", done.stderr)

    def test_one_administrator_too_many_is_told_so(self):
        clients = [ControlClient(self.gateway.socket) for _ in range(32)]
        for client in clients:
            self.addCleanup(client.close)
            client.call("status")
        done = self.gateway.ctl("status", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("32 programs at a time", done.stderr)


if __name__ == "__main__":
    unittest.main()
