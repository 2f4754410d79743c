"""A user's writes count against their disk quota, although the gateway runs as root: the gateway and
its client run inside user-mode-linux, whose kernel has quotas.

Two things see to that: the gateway writes as the user, and has given up CAP_SYS_RESOURCE at its start.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

from gateway import BIN

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = ["within the limit", "beyond the limit: disk full", "used no more than the limit",
            "there was room for others", "end"]


@unittest.skipUnless(os.geteuid() == 0, "credentials are switched by root only")
class QuotaTest(unittest.TestCase):
    def test_a_user_writes_no_more_than_the_quota(self):
        with tempfile.TemporaryDirectory(prefix="sluice-quota-") as directory:
            work = pathlib.Path(directory)
            work.chmod(0o755)
            console = work / "console"
            with open(console, "wb") as output:
                subprocess.run(
                    [str(HERE / "run_uml.py"), "mem=512M", "rootfstype=hostfs", "rootflags=/", "rw",
                     f"init={HERE / 'quota_gateway.py'}", "con=null", "con0=fd:0,fd:1",
                     f"sluice_work={work}", f"sluice_bin={BIN.resolve()}"],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=240)
            result = work / "result"
            lines = result.read_text().splitlines() if result.exists() else []
            tail = console.read_text(errors="replace")[-3000:]
        self.assertEqual(lines, EXPECTED, "\n".join(lines) + "\n" + tail)


if __name__ == "__main__":
    unittest.main()
