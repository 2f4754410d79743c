"""sluiced as a service: what systemd would do to it and for it, and the Debian package.

There is no systemd as process 1 where tests run. Its part is played here: sockets and notifications by
the protocols that it uses, user, ambient capabilities and bounding set by setpriv, and the unit's
system call filter, read from the unit, by libseccomp. systemd's own tool checks the unit."""

import concurrent.futures
import contextlib
import ctypes
import ctypes.util
import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from gateway import BIN, ROOT, SLUICED, Gateway

UNIT = ROOT / "tools/packaging/sluiced.service"
AS_ROOT = os.geteuid() == 0


def setting(name):
    """The value of a setting of the unit."""
    return re.search(rf"(?m)^{name}=(.*)$", UNIT.read_text()).group(1)


def status_of(pid):
    return dict(line.split(":\t", 1) for line in
                pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


class FilteredByUnit:
    """Applies the unit's SystemCallFilter= in a child, as systemd would, before it executes."""

    def __init__(self):
        self.names = set()
        for group in setting("SystemCallFilter").split():
            self.expand(group)
        self.library = ctypes.CDLL(ctypes.util.find_library("seccomp"), use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p

    def expand(self, group):
        if not group.startswith("@"):
            self.names.add(group)
            return
        listing = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True,
                                 capture_output=True, text=True).stdout
        for line in listing.splitlines()[1:]:
            name = line.strip()
            if name and not name.startswith("#"):
                self.expand(name)

    def __call__(self):
        eperm = 0x00050000 | 1
        context = ctypes.c_void_p(self.library.seccomp_init(eperm))
        for name in self.names:
            number = self.library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                self.library.seccomp_rule_add(context, 0x7FFF0000, number, 0)
        if self.library.seccomp_load(context) != 0:
            os._exit(99)


class ServiceTest(unittest.TestCase):
    def test_it_says_when_it_is_ready_and_that_it_lives(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/notify"
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            manager.bind(path)
            manager.settimeout(20)
            with contextlib.closing(manager):
                gateway = Gateway(prefix=["env", f"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=400000"])
                with gateway:
                    self.assertEqual({manager.recv(99), manager.recv(99)},
                                     {b"READY=1", b"WATCHDOG=1"})
                    self.assertEqual(manager.recv(99), b"WATCHDOG=1")
                    gateway.stop()
                    while (last := manager.recv(99)) == b"WATCHDOG=1":
                        pass
                    self.assertEqual(last, b"STOPPING=1")

    def test_it_serves_sockets_that_it_is_given(self):
        gateway = Gateway()
        listening = socket.create_server((gateway.host, 0))
        gateway.port = listening.getsockname()[1]
        # As systemd does it: descriptor 3, and a process id that only the child knows.
        hand_over = ('import os,sys; os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()));'
                     f"os.dup2({listening.fileno()}, 3); os.set_inheritable(3, True);"
                     "os.execvp(sys.argv[1], sys.argv[1:])")
        gateway.prefix = ["/usr/bin/python3", "-c", hand_over]
        gateway.pass_fds = [listening.fileno()]
        with gateway:
            done = gateway.smbclient("ls")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(f"on {gateway.host}:{gateway.port},", gateway.log())
        listening.close()

    def test_its_memory_is_in_no_core_dump(self):
        self.assertEqual(setting("LimitCORE"), "0")
        reach = "-all,+dac_read_search"  # the program may lie where only root can go
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                     f"--inh-caps={reach}", f"--ambient-caps={reach}"] if AS_ROOT else []
        gateway = Gateway(prefix=as_nobody)
        os.chmod(gateway.directory, 0o777)
        with gateway:
            # What cannot be dumped belongs to root.
            self.assertEqual(os.stat(f"/proc/{gateway.process.pid}/maps").st_uid, 0)
            self.assertEqual(gateway.smbclient("mkdir d; cd d; ls").returncode, 0)

    def test_privileges_are_gone_once_it_serves(self):
        with Gateway() as gateway:
            for task in pathlib.Path(f"/proc/{gateway.process.pid}/task").iterdir():
                status = dict(line.split(":\t", 1) for line in
                              (task / "status").read_text().splitlines() if ":\t" in line)
                self.assertEqual(status["NoNewPrivs"].strip(), "1")
                self.assertEqual(status["Seccomp"].strip(), "2")
                # SETUID, SETGID, CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID
                self.assertEqual(int(status["CapPrm"], 16) & ~0xDF, 0, task.name)
                self.assertEqual(int(status["CapAmb"], 16), 0)

    @unittest.skipUnless(AS_ROOT, "needs root")
    def test_the_limit_on_descriptors_is_raised(self):
        with Gateway(prefix=["prlimit", "--nofile=1024:4096"]) as gateway:
            limits = pathlib.Path(f"/proc/{gateway.process.pid}/limits").read_text()
            soft = int(re.search(r"Max open files +(\d+)", limits).group(1))
            may_raise = int(status_of("self")["CapEff"], 16) >> 24 & 1  # CAP_SYS_RESOURCE
            self.assertGreaterEqual(soft, 100_000 if may_raise else 4096)

    @unittest.skipUnless(AS_ROOT, "needs root")
    def test_a_second_gateway_of_a_user_starts_beside_a_busy_one(self):
        nobody = pwd.getpwnam("nobody")

        def gateway():
            made = Gateway(shares=("files",))
            made.prefix = ["prlimit", f"--memlock={8 << 20}", "setpriv",
                           f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
                           "--clear-groups"]
            os.chown(made.directory, nobody.pw_uid, nobody.pw_gid)
            return made

        def reads(made):
            """Large reads of several clients, so that the gateway registers all it may."""
            (made.shares["files"] / "large").write_bytes(b"x" * (64 << 20))
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return [done.returncode for done in
                        pool.map(lambda _: made.smbclient("get large /dev/null"), range(8))]

        with gateway() as first:
            self.assertEqual(reads(first), [0] * 8)
            with gateway() as second:
                self.assertEqual(reads(second), [0] * 8)
                self.assertIn("buffers are not registered", first.log() + second.log())

    @unittest.skipUnless(AS_ROOT, "needs root")
    def test_it_runs_as_the_unit_runs_it(self):
        capabilities = setting("AmbientCapabilities").replace("CAP_", "+").lower().split()
        wanted = ",".join(capabilities)
        nobody = pwd.getpwnam("nobody")
        gateway = Gateway(users=(("daemon", "Correct-Horse-7"), ("games", "Battery-Staple-8")))
        gateway.prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
                          "--clear-groups", f"--inh-caps=-all,{wanted}",
                          f"--ambient-caps=-all,{wanted}", f"--bounding-set=-all,{wanted}",
                          "--no-new-privs"]
        gateway.preexec_fn = FilteredByUnit()
        os.chown(gateway.directory, nobody.pw_uid, nobody.pw_gid)
        with gateway:
            self.assertEqual(status_of(gateway.process.pid)["Uid"].split()[0], str(nobody.pw_uid))
            self.assertNotIn("neither root", gateway.log())
            source = gateway.directory / "source"
            source.write_text("data")
            for user, password in gateway.users:
                done = gateway.smbclient(f'mkdir {user}; cd {user}; put "{source}" mine; ls',
                                         user=user, password=password)
                self.assertEqual(done.returncode, 0, done.stdout)
                made = gateway.shares["files"] / user / "mine"
                self.assertEqual(made.stat().st_uid, pwd.getpwnam(user).pw_uid)
                made.chmod(0o600)
            # Going back from uid 0 takes more than going back from others.
            gateway.ctl("user", "add", "chief", "--unix-user", "root", "--password-stdin",
                        input="Of-The-Chief-9\n")
            for _ in range(2):
                done = gateway.smbclient("ls", user="chief", password="Of-The-Chief-9")
                self.assertEqual(done.returncode, 0, done.stdout)
            # The capabilities that the gateway has are not its users'.
            first, second = gateway.users
            done = gateway.smbclient(f"get {first[0]}/mine /dev/null", user=second[0],
                                     password=second[1])
            self.assertIn("NT_STATUS_ACCESS_DENIED", done.stdout)

    def test_requests_in_flight_are_answered_before_it_ends(self):
        with Gateway() as gateway:
            target = gateway.directory / "copy"
            source = gateway.shares["files"] / "source"
            with open(source, "wb") as data:
                data.truncate(64 << 20)
            results = []
            client = threading.Thread(
                target=lambda: results.append(gateway.smbclient(f'get source "{target}"')))
            client.start()
            deadline = time.monotonic() + 20
            while not target.exists() and time.monotonic() < deadline:
                time.sleep(0.001)
            began = time.monotonic()
            gateway.stop()
            self.assertLess(time.monotonic() - began, 10)
            client.join()
            self.assertNotIn("cut off", gateway.log())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_the_unit_is_right_and_hardened(self):
        with tempfile.TemporaryDirectory() as directory:
            # The program is where the unit expects it only once the package is installed.
            unit = pathlib.Path(directory) / "sluiced.service"
            text = UNIT.read_text().replace("/usr/sbin/sluiced", str(SLUICED))
            unit.write_text(re.sub(r"(?m)^Documentation=.*\n", "", text))
            shutil.copy(ROOT / "tools/packaging/sluiced.socket", directory)
            done = subprocess.run(["systemd-analyze", "verify", unit,
                                   f"{directory}/sluiced.socket"], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                                   "--threshold=30", unit], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)


@unittest.skipUnless(AS_ROOT, "needs root")
class PackageTest(unittest.TestCase):
    """Installs the package over this machine's files, in a mount namespace that goes with the test."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="sluice-package-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.directory = pathlib.Path(directory)
        done = subprocess.run([ROOT / "tools/package", directory], text=True, capture_output=True,
                              env=os.environ | {"SLUICE_BIN": str(BIN)})
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        cls.package = pathlib.Path(done.stdout.strip())

    def inside(self, script):
        """Runs a shell script where the package can be installed without a trace."""
        place = self.directory / "place"
        place.mkdir(exist_ok=True)
        shutil.copy(self.package, self.directory / "package.deb")
        setup = (f"mount -t tmpfs none '{place}' && mkdir '{place}/up' '{place}/work' '{place}/root'"
                 f" && mount -t overlay overlay -o lowerdir=/,upperdir='{place}/up',"
                 f"workdir='{place}/work' '{place}/root'"
                 f" && cp '{self.directory}/package.deb' '{place}/root/package.deb'"
                 f" && mount -t proc proc '{place}/root/proc'"
                 f" && mount --bind /dev '{place}/root/dev'"
                 f" && mount -t tmpfs none '{place}/root/run'"
                 f" && chroot '{place}/root' /bin/bash -e -u -o pipefail")
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
                               setup], input=script, text=True, capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_it_is_installed_serves_and_is_removed(self):
        out = self.inside("""
            dpkg -i /package.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
            getent passwd sluice
            stat -c '%U %G %a %n' /var/lib/sluice /var/log/sluice /srv/sluice/files
            man -w sluiced sluicectl sluice.toml
            sluiced --check-config
            sed -i 's/\\*:445/127.0.0.1:14459/' /etc/sluice/sluice.toml
            install -d -o sluice /run/sluice
            caps=+setuid,+setgid,+dac_override,+dac_read_search,+fowner,+chown,+fsetid
            setpriv --reuid=sluice --regid=sluice --clear-groups --inh-caps=-all,$caps \
              --ambient-caps=-all,$caps sluiced 2>/tmp/log & gateway=$!
            until [ -S /run/sluice/control.sock ]; do sleep 0.1; kill -0 $gateway; done
            echo Secret-of-daemon-1 | sluicectl user add daemon --password-stdin
            sluicectl status | grep -q files
            smbclient -s /dev/null -p 14459 -U daemon%Secret-of-daemon-1 //127.0.0.1/files -c 'mkdir d; ls'
            kill $gateway; wait $gateway
            dpkg -r sluice >/dev/null 2>&1
            ls /etc/sluice; ls /usr/sbin/sluiced 2>&1 || true
            dpkg -P sluice >/dev/null 2>&1
            ls -d /etc/sluice /var/lib/sluice /var/log/sluice 2>&1 || true
            getent passwd sluice || echo no user
            ls /srv/sluice/files
            """)
        self.assertIn("sluice sluice 700 /var/lib/sluice", out)
        self.assertIn("sluice adm 2750 /var/log/sluice", out)
        self.assertIn("/usr/share/man/man5/sluice.toml.5.gz", out)
        self.assertIn("sluice.toml\nls: cannot access '/usr/sbin/sluiced'", out)
        for path in ("/etc/sluice", "/var/lib/sluice", "/var/log/sluice"):
            self.assertIn(f"ls: cannot access '{path}'", out)
        self.assertTrue(out.endswith("no user\nd\n"), out)

    def extracted(self):
        root = self.directory / "extracted"
        if not root.exists():
            subprocess.run(["dpkg-deb", "-x", self.package, root], check=True)
        return root

    def test_manual_pages_are_without_warnings(self):
        pages = list((self.extracted() / "usr/share/man").rglob("*.gz"))
        self.assertEqual(len(pages), 3)
        for page in pages:
            done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", page], text=True,
                                  capture_output=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            self.assertIn("SEE ALSO", re.sub(".\b", "", done.stdout))  # bold is overstruck

    def test_manual_pages_name_what_there_is(self):
        def text(page):
            done = subprocess.run(["man", "-l", "-Tutf8", self.extracted() / "usr/share/man" / page],
                                  text=True, capture_output=True, check=True,
                                  env=os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "200"})
            return re.sub(r".\x08", "", done.stdout)

        with Gateway() as gateway:
            preferences = json.loads(gateway.ctl("prefs", "list", "--json").stdout)
        page = text("man5/sluice.toml.5.gz")
        for row in preferences:
            key = row["name"].rsplit(".", 1)[-1]
            self.assertRegex(page, rf"(?m)^\s+{re.escape(key)} ", row["name"])
        page = text("man1/sluicectl.1.gz")
        for command in ("opens", "kick", "top", "prefs set", "user add"):
            self.assertRegex(page, rf"(?m)^\s+{command}\b")

    def complete(self, shell, words):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")
        root = self.extracted()
        words = " ".join(shlex.quote(word) for word in ["sluicectl", *words])
        if shell == "bash":
            script = (f". '{root}/usr/share/bash-completion/completions/sluicectl';"
                      f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _sluicectl;"
                      'printf "%s\\n" "${COMPREPLY[@]}"')
            command = ["bash", "-c", script]
        else:
            command = ["fish", "--no-config", "-c",
                       f"source '{root}/usr/share/fish/vendor_completions.d/sluicectl.fish';"
                       f'complete -C "{words}"']
        done = subprocess.run(command, text=True, capture_output=True, cwd=self.directory)
        self.assertEqual(done.stderr, "")
        return {row.split("\t")[0] for row in done.stdout.splitlines()}

    def test_bash_completes_commands_and_options(self):
        self.assertLessEqual({"opens", "kick", "prefs", "--json"}, self.complete("bash", [""]))
        self.assertEqual(self.complete("bash", ["prefs", "re"]), {"reset"})
        self.assertEqual(self.complete("bash", ["opens", "--pa"]), {"--path"})

    def test_fish_completes_commands_and_options(self):
        self.assertEqual(self.complete("fish", ["prefs", "re"]), {"reset"})
        self.assertEqual(self.complete("fish", ["opens", "--pa"]), {"--path"})
        self.assertEqual(self.complete("fish", ["--socket", "/tmp/it", "prefs", "re"]), {"reset"})

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_takes_its_completion(self):
        script = self.extracted() / "usr/share/zsh/vendor-completions/_sluicectl"
        done = subprocess.run(["zsh", "-n", script], text=True, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        # There `path` is another name of PATH.
        self.assertNotRegex(script.read_text(), r"\bpath=|\$path\b")


if __name__ == "__main__":
    unittest.main()
