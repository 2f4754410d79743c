"""What people type and pipe into sluicectl: passwords that are not text, line ends, Ctrl-C."""

import os
import pty
import select
import subprocess
import termios
import unittest

from gateway import SLUICECTL, Gateway


class PasswordInputTest(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway()
        self.gateway.__enter__()
        self.addCleanup(self.gateway.__exit__)

    def add(self, password):
        return subprocess.run([str(SLUICECTL), "--socket", self.gateway.socket, "user", "add",
                               "bob", "--unix-user", "nobody", "--password-stdin"],
                              input=password, capture_output=True, timeout=30)

    def test_what_is_not_utf8_is_refused(self):
        done = self.add(b"p\xe9ss-Word-1\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"must be UTF-8", done.stderr)
        self.assertNotIn("bob", self.gateway.ctl("user", "list").stdout)

    def test_a_carriage_return_is_not_of_the_password(self):
        self.assertEqual(self.add(b"Secret-of-Bob-1\r\n").returncode, 0)
        done = self.gateway.smbclient("ls", user="bob", password="Secret-of-Bob-1")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_ctrl_c_gives_the_terminal_its_echo_back(self):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(str(SLUICECTL), [str(SLUICECTL), "--socket", self.gateway.socket, "user",
                                      "add", "bob"])
        self.addCleanup(os.close, terminal)
        shown = b""
        while b"Password:" not in shown:
            self.assertTrue(select.select([terminal], [], [], 20)[0])
            shown += os.read(terminal, 100)
        self.assertFalse(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.write(terminal, b"\x03")
        self.assertEqual(os.WTERMSIG(os.waitpid(child, 0)[1]), 2)
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)


if __name__ == "__main__":
    unittest.main()
