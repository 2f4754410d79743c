"""What operators see and do: listings and their ends, logs, audit log, metrics, dashboard, top."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from gateway import ROOT, SLUICECTL, Gateway, free_port

DASHBOARD = ROOT / "tools/packaging/grafana-dashboard.json"


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return condition()


class Client:
    """An smbclient that stays connected and does what it is told."""

    def __init__(self, gateway, share="files"):
        credentials = gateway.directory / "credentials-client"
        credentials.write_text(f"username={gateway.user}\npassword={gateway.password}\n")
        self.process = subprocess.Popen(
            ["smbclient", "-s", "/dev/null", "-p", str(gateway.port), "-A", str(credentials),
             f"//{gateway.host}/{share}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.read()
        return self.process.wait(timeout=60)


class DeadStorage:
    """A directory whose file system answers nothing, as a server that is gone; root's only."""

    def __init__(self, path):
        self.path = str(path)
        os.mkdir(path)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fuse},rootmode=40000,user_id=0,group_id=0"
        if self.libc.mount(b"dead", self.path.encode(), b"fuse", 0, options.encode()) != 0:
            os.close(self.fuse)
            raise unittest.SkipTest(os.strerror(ctypes.get_errno()))

    def end(self):
        os.close(self.fuse)  # whoever waits gets an error
        self.libc.umount2(self.path.encode(), 2)


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "mounts FUSE as root")
class DeadStorageTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(extra='[log]\nfile = "/dev/null"\n')
        self.log = self.gateway.directory / "log"
        self.gateway.config.write_text(
            self.gateway.config.read_text().replace("/dev/null", str(self.log)))
        self.gateway.__enter__()
        self.addCleanup(self.gateway.__exit__)
        self.dead = DeadStorage(self.gateway.directory / "dead")
        self.addCleanup(self.dead.end)

    def answers_at_once(self):
        began = time.monotonic()
        self.gateway.ctl("status")
        self.gateway.ctl("share", "list")
        self.assertLess(time.monotonic() - began, 2)

    def test_a_share_on_it_is_refused_and_nobody_waits(self):
        adding = subprocess.Popen(
            [str(SLUICECTL), "--socket", self.gateway.socket, "share", "add", "dead",
             self.dead.path], stderr=subprocess.PIPE, text=True)
        self.answers_at_once()
        self.assertIsNone(adding.poll())
        _, error = adding.communicate(timeout=20)
        self.assertEqual(adding.returncode, 1)
        self.assertIn(f"the storage of {self.dead.path} does not answer", error)
        self.assertNotIn("dead", self.gateway.ctl("share", "list").stdout)

    def test_a_share_on_it_stops_no_other(self):
        text = self.gateway.config.read_text()
        self.gateway.config.write_text(
            f'{text}[[share]]\nname = "dead"\npath = "{self.dead.path}"\n'
            '[[share]]\nname = "memory"\nstorage = "memory"\n')
        self.gateway.ctl("reload", check=False)
        shares = self.gateway.ctl("share", "list").stdout
        self.assertIn("memory", shares)
        self.assertIn("files", shares)
        self.gateway.stop()
        self.gateway.start()
        shares = self.gateway.ctl("share", "list").stdout
        self.assertIn("memory", shares)
        self.assertIn("it is not served", self.log.read_text())

    def test_a_reload_of_it_stops_neither_logs_nor_the_end(self):
        text = self.gateway.config.read_text()
        self.gateway.config.write_text(
            f'{text}[[share]]\nname = "dead"\npath = "{self.dead.path}"\n')
        self.gateway.process.send_signal(signal.SIGHUP)
        self.answers_at_once()
        self.log.rename(self.gateway.directory / "log.1")
        self.gateway.process.send_signal(signal.SIGUSR1)
        self.assertTrue(eventually(self.log.exists, 3))
        began = time.monotonic()
        self.gateway.stop()
        self.assertLess(time.monotonic() - began, 4)


class InspectionTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway()
        self.gateway.__enter__()
        self.addCleanup(self.gateway.__exit__)
        self.client = Client(self.gateway)
        self.addCleanup(self.client.end)
        self.assertTrue(eventually(lambda: self.gateway.rows("trees")))

    def test_listings_agree_with_one_another(self):
        connection, = self.gateway.rows("connections")
        session, = self.gateway.rows("sessions", "--user", "alice", "--client", "127.0.0.1")
        tree, = self.gateway.rows("trees", "--share", "files")
        self.assertEqual(session["connection"], connection["id"])
        self.assertEqual(tree["session"], session["id"])
        self.assertEqual(tree["user"], "alice")
        self.assertEqual(connection["client"], session["client"])
        self.assertEqual(self.gateway.rows("sessions", "--user", "bob"), [])
        self.assertEqual(self.gateway.rows("sessions", "--client", "192.0.2.1"), [])

    def test_tables_are_for_people(self):
        for listing in ("connections", "sessions", "trees"):
            lines = self.gateway.ctl(listing).stdout.splitlines()
            self.assertEqual(len(lines), 2, lines)
            self.assertIn("127.0.0.1:", lines[1])
        self.assertEqual(self.gateway.ctl("locks").stdout, "nothing is locked\n")

    def test_an_open_file_is_listed_and_closed(self):
        # What a put writes is open while it lasts: its source is a pipe that waits.
        source = self.gateway.directory / "source"
        os.mkfifo(source)
        self.client.tell(f'put "{source}" big')
        feed = os.open(source, os.O_WRONLY)
        self.addCleanup(os.close, feed)
        row, = eventually(lambda: self.gateway.rows("opens", "--path", "BIG"))
        self.assertEqual((row["share"], row["path"], row["user"], row["kind"]),
                         ("files", "big", "alice", "file"))
        self.assertIn("w", row["access"])
        done = self.gateway.ctl("close", str(row["id"]))
        self.assertEqual(done.stdout, "1 closed\n")
        self.assertEqual(self.gateway.rows("opens", "--path", "big"), [])

    def test_a_kicked_session_is_gone(self):
        session, = self.gateway.rows("sessions")
        self.assertEqual(self.gateway.ctl("kick", session["id"]).stdout, "1 logged off\n")
        self.assertEqual(self.gateway.rows("sessions"), [])
        self.assertEqual(len(self.gateway.rows("connections")), 1)

    def test_a_disconnected_client_is_gone(self):
        self.assertEqual(self.gateway.ctl("disconnect", "--client", "127.0.0.1").stdout,
                         "1 disconnected\n")
        self.assertTrue(eventually(lambda: not self.gateway.rows("connections")))

    def test_a_session_tells_how_it_came(self):
        session, = self.gateway.rows("sessions")
        self.assertEqual(session["log_on"], "NTLM")
        self.assertRegex(self.gateway.ctl("sessions").stdout, r"(?m)^\w+ +alice +NTLM +127")
        self.assertRegex(self.gateway.log(), r"has come: alice by NTLM, SMB 3\.1\.1, signing AES")

    def test_who_runs_into_a_limit_is_told_of(self):
        self.gateway.ctl("prefs", "set", "limits.connections_per_address", "1")
        self.assertNotEqual(self.gateway.smbclient("ls").returncode, 0)
        self.assertIn("127.0.0.1: its address has 1 connections; "
                      "limits.connections_per_address is 1",
                      self.gateway.ctl("clients", "refused").stdout)
        self.gateway.ctl("prefs", "set", "limits.connections", "1")
        self.assertNotEqual(self.gateway.smbclient("ls").returncode, 0)
        refused = self.gateway.ctl("clients", "refused", "127.0.0.1").stdout
        self.assertIn("127.0.0.1: there are 1 connections; limits.connections is 1", refused)
        self.assertRegex(refused, r"since the start: limit \d")

    def test_a_change_says_what_it_means_to_whom(self):
        def effect(name, value):
            return self.gateway.ctl("prefs", "set", name, value, "--dry-run").stdout

        self.assertIn("it is refused unless it has a Kerberos ticket", effect("auth.ntlm", "false"))
        self.assertIn("when it connects to the share again it is refused",
                      effect("share.files.allow_read", "bob"))
        self.assertNotIn("alice", effect("limits.connections", "7"))

    def test_pages_are_for_people(self):
        self.assertRegex(self.gateway.ctl("status").stdout, r"sluiced \S+, up ")
        self.assertRegex(self.gateway.ctl("stats").stdout, r"(?m)^tree_connect +\d+ ")
        heading = self.gateway.ctl("prefs", "list").stdout.splitlines()[0]
        self.assertEqual(heading.split(), ["NAME", "VALUE", "DEFAULT", "SOURCE", "VALID"])

    def test_what_is_not_there_cannot_be_ended(self):
        done = self.gateway.ctl("kick", "--user", "bob", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("`sluicectl sessions` lists", done.stderr)
        done = self.gateway.ctl("disconnect", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("say which", done.stderr)
        done = self.gateway.ctl("close", "nonsense", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not an id", done.stderr)

    def test_top_counts_what_happens(self):
        data = self.gateway.directory / "data"
        data.write_bytes(os.urandom(8 << 20))
        top = subprocess.Popen([SLUICECTL, "--socket", self.gateway.socket, "top", "--batch",
                                "--interval", "3", "--count", "1"], stdout=subprocess.PIPE,
                               text=True)
        time.sleep(0.5)  # between top's two looks
        self.assertEqual(self.gateway.smbclient(f'put "{data}" data; get data /dev/null').returncode,
                         0)
        screen, _ = top.communicate(timeout=60)
        self.assertRegex(screen, r"(?m)^write +[0-9.]+ ")
        self.assertRegex(screen, r"(?m)^read +[0-9.]+ ")
        self.assertRegex(screen, r"(?m)^files +[0-9.]+ +[0-9.]+ MiB +[0-9.]+ MiB")
        self.assertRegex(screen, r"crypto +\d+ % of a core")

    def test_top_without_a_terminal_says_what_to_do(self):
        done = self.gateway.ctl("top", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--batch", done.stderr)
        looked = json.loads(self.gateway.ctl("top", "--batch", "--json").stdout)
        self.assertEqual(set(looked), {"stats", "connections", "opens"})

    def window(self, command):
        """A terminal of tmux that the command runs in: tmux's commands for it, and what it shows."""
        directory = tempfile.mkdtemp(prefix="sluice-tmux-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)

        def tmux(*arguments):
            return subprocess.run(["tmux", "-S", f"{directory}/socket", "-f", "/dev/null", *arguments],
                                  capture_output=True, text=True)

        def shows(text):
            screen = lambda: tmux("capture-pane", "-p", "-t", "top").stdout
            self.assertTrue(eventually(lambda: text in screen()), screen())
            return screen()

        tmux("new-session", "-d", "-s", "top", "-x", "120", "-y", "30", command)
        self.addCleanup(tmux, "kill-server")
        return tmux, shows

    @unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
    def test_top_resizes_sorts_and_quits(self):
        tmux, shows = self.window(f"{SLUICECTL} --socket {self.gateway.socket} top --interval 0.3")
        self.assertIn("sluice top - up", shows("by (o)perations"))
        tmux("send-keys", "-t", "top", "b")
        shows("(n)ame: bytes")
        tmux("resize-window", "-t", "top", "-x", "60", "-y", "15")
        lines = lambda: tmux("capture-pane", "-p", "-t", "top").stdout.rstrip("\n").splitlines()
        self.assertTrue(eventually(lambda: len(lines()) == 15), lines())
        self.assertLessEqual(max(map(len, lines())), 60)
        tmux("send-keys", "-t", "top", "q")
        self.assertTrue(eventually(lambda: tmux("has-session", "-t", "top").returncode != 0))

    @unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
    def test_top_that_is_stopped_gives_the_terminal_back(self):
        tmux, shows = self.window("sh -i")

        def enter(line):
            tmux("send-keys", "-t", "top", line, "Enter")

        enter(f"{SLUICECTL} --socket {self.gateway.socket} top --interval 0.3")
        shows("by (o)perations")
        tmux("send-keys", "-t", "top", "C-z")
        shows("Stopped")
        enter("python3 -c 'import termios; print(\"flags\", termios.tcgetattr(0)[3] & 10)'")
        shows("flags 10")  # ICANON and ECHO
        enter("fg")
        shows("by (o)perations")
        tmux("send-keys", "-t", "top", "b")
        shows("(n)ame: bytes")


class LogTest(unittest.TestCase):
    def start(self, extra):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-logs-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        gateway = Gateway(extra=extra.format(directory), share_extra="audit = true\n")
        gateway.__enter__()
        self.addCleanup(gateway.__exit__)
        return gateway, directory

    def test_a_json_log_has_an_object_a_line_and_is_reopened(self):
        gateway, directory = self.start('[log]\nformat = "json"\nfile = "{}/log"\n')
        self.assertEqual(gateway.smbclient("ls").returncode, 0)
        log = directory / "log"

        def come():
            return [line for line in map(json.loads, log.read_text().splitlines())
                    if "has come" in line["message"]]

        line, = eventually(come)
        self.assertEqual(set(line), {"time", "level", "connection", "session", "message"})
        log.rename(directory / "log.1")
        gateway.process.send_signal(signal.SIGUSR1)
        self.assertTrue(eventually(log.exists))
        self.assertEqual(gateway.smbclient("ls").returncode, 0)
        self.assertEqual(len(eventually(come)), 1)

    def test_the_format_can_be_changed_at_run_time(self):
        gateway, _ = self.start("")
        gateway.ctl("prefs", "set", "log.format", "json")
        self.assertEqual(gateway.smbclient("ls").returncode, 0)
        self.assertTrue(eventually(
            lambda: [line for line in gateway.log().splitlines() if line.startswith('{"time"')]))

    def test_the_audit_log_tells_who_did_what(self):
        gateway, directory = self.start('[audit]\nfile = "{}/audit"\n')
        self.assertEqual(gateway.smbclient("ls", password="Not-The-1").returncode, 1)
        data = gateway.directory / "data"
        data.write_text("data")
        self.assertEqual(gateway.smbclient(
            f'put "{data}" one; rename one two; del two; ls').returncode, 0)
        gateway.ctl("prefs", "set", "log.level", "debug")
        gateway.ctl("user", "add", "carol", "--password-stdin", input="S3cret-of-Carol\n")
        gateway.stop()
        text = (directory / "audit").read_text()
        events = [json.loads(line) for line in text.splitlines()]
        self.assertNotIn("S3cret-of-Carol", text)
        self.assertNotIn("Not-The-1", text)

        def one(name, **members):
            found = [e for e in events if e["event"] == name
                     and all(e.get(k) == v for k, v in members.items())]
            self.assertEqual(len(found), 1, (name, members, events))
            return found[0]

        self.assertFalse(one("refused", user="alice")["ok"])
        one("logon", user="alice")
        one("share", share="files", user="alice")
        one("open", path="one", detail="created", user="alice")
        one("rename", path="one", new_path="two")
        one("delete", path="two")
        one("logoff", user="alice")
        self.assertIn("uid 0" if os.geteuid() == 0 else "uid",
                      next(e for e in events if "prefs.set" in e.get("detail", ""))["client"])

    def test_without_audit_of_a_share_its_files_are_not_told_of(self):
        gateway, directory = self.start('[audit]\nfile = "{}/audit"\n')
        gateway.ctl("prefs", "set", "share.files.audit", "false")
        data = gateway.directory / "data"
        data.write_text("data")
        self.assertEqual(gateway.smbclient(f'put "{data}" one').returncode, 0)
        gateway.stop()
        names = {json.loads(line)["event"] for line in (directory / "audit").read_text().splitlines()}
        self.assertEqual(names, {"logon", "logoff", "admin"})


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.gateway = Gateway(extra=f'[metrics]\nlisten = "127.0.0.1:{cls.port}"\n')
        cls.gateway.__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)
        data = cls.gateway.directory / "data"
        data.write_bytes(os.urandom(1 << 20))
        cls.work = f'put "{data}" data; get data /dev/null; ls; get nothing /dev/null'
        cls.gateway.smbclient(cls.work)

    def text(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as answer:
            return answer.read().decode()

    def test_it_tells_of_what_was_done(self):
        text = self.text()
        self.assertRegex(text, r'sluice_share_written_bytes_total\{share="files"\} 1048576')
        self.assertRegex(text, r'sluice_request_duration_seconds_count\{command="create"\} [1-9]')
        self.assertIn('sluice_refusals_total{kind="limit"} 0', text)
        self.assertRegex(text,
                         r'sluice_responses_total\{status="STATUS_OBJECT_NAME_NOT_FOUND"\} [1-9]')

    @unittest.skipUnless(shutil.which("promtool"), "prometheus is not installed")
    def test_promtool_finds_nothing_wrong(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text(), text=True,
                              capture_output=True)
        # The exposer's own metrics are not ours to name.
        complaints = [line for line in (done.stdout + done.stderr).splitlines()
                      if not line.startswith("exposer_")]
        self.assertEqual(complaints, [])

    def test_it_is_off_by_default(self):
        with Gateway() as gateway:
            listening = subprocess.run(["ss", "-Hltnp"], text=True, capture_output=True).stdout
            ours = [line for line in listening.splitlines() if f"pid={gateway.process.pid}," in line]
            self.assertEqual(len(ours), 1, ours)

    def test_every_metric_of_the_dashboard_is_there(self):
        dashboard = json.loads(DASHBOARD.read_text())
        known = set(re.findall(r"(?m)^(sluice_\w+?)(?:\{| )", self.text()))
        for expression in expressions(dashboard):
            for name in re.findall(r"sluice_\w+", expression):
                self.assertIn(name, known, expression)
        events = set(re.findall(r'sluice_events_total\{event="(\w+)"', self.text()))
        for expression in expressions(dashboard):
            for alternatives in re.findall(r'event=~?"([^"]+)"', expression):
                self.assertLessEqual(set(alternatives.split("|")), events)

    def test_the_dashboard_is_laid_out_without_overlaps(self):
        cells = set()
        dashboard = json.loads(DASHBOARD.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), cells, panel["title"])
                    cells.add((x, y))

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    def test_prometheus_answers_every_query_of_the_dashboard(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-prometheus-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        (directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: sluice\n"
            f"  static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]\n")
        port = free_port()
        server = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml",
             f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)

        def query(expression):
            url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode(
                {"query": expression})
            try:
                with urllib.request.urlopen(url, timeout=20) as answer:
                    return json.load(answer)["data"]["result"]
            except urllib.error.HTTPError as error:
                if error.code == 503:  # it is starting
                    return []
                raise AssertionError(f"{expression}: {error.read().decode()}") from None
            except OSError:
                return []

        self.assertTrue(eventually(lambda: query("sluice_uptime_seconds"), seconds=60))
        deadline = time.monotonic() + 6
        while time.monotonic() < deadline:  # rates need something that changes
            self.gateway.smbclient(self.work)
        for expression in expressions(json.loads(DASHBOARD.read_text())):
            with self.subTest(expression):
                concrete = expression.replace("$__rate_interval", "30s").replace("$instance", ".*")
                self.assertTrue(query(concrete))


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


if __name__ == "__main__":
    unittest.main()
