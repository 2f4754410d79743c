"""The Linux kernel's own client, in user-mode-linux inside a network namespace of the test's own."""

import os
import pathlib
import subprocess
import unittest

from gateway import Gateway

HERE = pathlib.Path(__file__).resolve().parent
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
MOUNTS = ["vers=3.1.1", "vers=3.0", "vers=2.1", "vers=3.1.1,seal", "vers=3.0,seal"]
OPERATIONS = 33  # lines of a mount that went well, in kernel_client.sh
HOLE_OPERATIONS = 7  # more of those whose dialect can punch holes, which begins with 3.0


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class KernelClientTest(unittest.TestCase):
    def run_ip(self, *arguments):
        subprocess.run(["ip", *arguments], check=True)

    def setUp(self):
        self.namespace = f"sluice-{os.getpid()}"
        self.run_ip("netns", "add", self.namespace)
        self.addCleanup(self.run_ip, "netns", "del", self.namespace)
        inside = ["-n", self.namespace]
        self.run_ip(*inside, "link", "set", "lo", "up")
        self.run_ip(*inside, "tuntap", "add", "tap0", "mode", "tap")
        self.run_ip(*inside, "addr", "add", f"{SERVER}/24", "dev", "tap0")
        self.run_ip(*inside, "link", "set", "tap0", "up")

    def test_mounts_and_works_in_each_dialect(self):
        prefix = ["ip", "netns", "exec", self.namespace]
        with Gateway(host=SERVER, port=1445, prefix=prefix) as gateway:
            work = gateway.directory
            (work / "credentials").write_text(
                f"username={gateway.user}\npassword={gateway.password}\n")
            console = work / "console"
            with open(console, "wb") as output:
                subprocess.run(
                    [*prefix, str(HERE / "run_uml.py"), "mem=256M", "rootfstype=hostfs",
                     "rootflags=/", "rw", f"init={HERE / 'kernel_client.sh'}",
                     "vec0:transport=tap,ifname=tap0,gro=1", "con=null", "con0=fd:0,fd:1",
                     f"sluice_work={work}", f"sluice_server={SERVER}", "sluice_port=1445",
                     f"sluice_client={CLIENT}", "sluice_mounts=" + ";".join(MOUNTS)],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=240)
            result = work / "result"
            lines = result.read_text().splitlines() if result.exists() else []
            tail = console.read_text(errors="replace")[-3000:]
        self.assertEqual([line for line in lines if not line.startswith("ok ")], ["end"],
                         "\n".join(lines) + "\n" + tail)
        with_holes = sum("vers=3" in mount for mount in MOUNTS)
        wanted = len(MOUNTS) * OPERATIONS + with_holes * HOLE_OPERATIONS + 1
        self.assertEqual(len(lines), wanted, "\n".join(lines) + "\n" + tail)


if __name__ == "__main__":
    unittest.main()
