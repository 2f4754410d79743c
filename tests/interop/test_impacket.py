"""impacket's client: a stack that shares nothing with Samba's."""

import io
import unittest

from impacket import smb3structs
from impacket.smbconnection import SessionError, SMBConnection

from gateway import Gateway

# Not 3.1.1: Debian's impacket 0.10 derives that dialect's keys wrongly and always signs with them, so
# Debian's smbd refuses it as well.
DIALECTS = (smb3structs.SMB2_DIALECT_002, smb3structs.SMB2_DIALECT_21, smb3structs.SMB2_DIALECT_30)


class ImpacketTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        cls.gateway.__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)

    def connect(self, dialect, password=None):
        connection = SMBConnection(self.gateway.host, self.gateway.host, preferredDialect=dialect,
                                   sess_port=self.gateway.port, timeout=30)
        self.addCleanup(connection.close)
        connection.login(self.gateway.user, password or self.gateway.password)
        return connection

    def test_lists_writes_and_reads_in_each_dialect(self):
        data = bytes(range(256)) * 5000
        for dialect in DIALECTS:
            with self.subTest(hex(dialect)):
                connection = self.connect(dialect)
                self.assertEqual(connection.getDialect(), dialect)
                shares = [share["shi1_netname"][:-1] for share in connection.listShares()]
                self.assertIn("files", shares)
                connection.createDirectory("files", "dir")
                connection.putFile("files", "dir\\file", io.BytesIO(data).read)
                names = [entry.get_longname() for entry in connection.listPath("files", "dir\\*")]
                self.assertEqual(sorted(names), [".", "..", "file"])
                back = io.BytesIO()
                connection.getFile("files", "DIR\\FILE", back.write)
                self.assertEqual(back.getvalue(), data)
                connection.rename("files", "dir\\file", "dir\\other")
                connection.deleteFile("files", "dir\\other")
                connection.deleteDirectory("files", "dir")
                connection.logoff()

    def test_wrong_password_is_refused(self):
        with self.assertRaisesRegex(SessionError, "STATUS_LOGON_FAILURE"):
            self.connect(smb3structs.SMB2_DIALECT_30, password="wrong")


if __name__ == "__main__":
    unittest.main()
