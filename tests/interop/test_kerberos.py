"""Kerberos log-ons against a real KDC, with smbclient as the client."""

import json
import os
import subprocess
import unittest

from gateway import Gateway
from kdc import Realm

HOST = "files.sluice.test"
SERVICE = f"cifs/{HOST}"
PASSWORD = "Of-The-KDC-1"
DOTLESS = "adm\u0131n"  # "admin" with a dotless i


class KerberosTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.realm = Realm()
        cls.realm.__enter__()
        cls.addClassCleanup(cls.realm.__exit__, None, None, None)
        cls.keytab = cls.realm.directory / "cifs.keytab"
        cls.realm.add_service(SERVICE, cls.keytab)
        for user in ("alice", "nobody", "alice/admin"):
            cls.realm.add_user(user, PASSWORD)
        cls.gateway = Gateway(
            extra=f'[auth]\nkerberos_keytab = "{cls.keytab}"\nfailure_delay = 0\n'
                  f'[auth.kerberos_users]\n"alice/admin@{cls.realm.name}" = "nobody"\n',
            environment={"KRB5_CONFIG": cls.realm.environment["KRB5_CONFIG"]})
        cls.gateway.__enter__()
        cls.addClassCleanup(cls.gateway.__exit__)
        cls.cache = cls.realm.ticket("alice", PASSWORD)

    def smbclient(self, command, *options, cache=None, prefix=(), host=HOST, realm=None):
        arguments = [*prefix, "smbclient", "-s", "/dev/null", "-p", str(self.gateway.port), "-I",
                     self.gateway.host, f"//{host}/files", "--use-kerberos=required",
                     f"--use-krb5-ccache=FILE:{cache or self.cache}", *options, "-c", command]
        return subprocess.run(arguments, text=True, capture_output=True, timeout=60,
                              env=(realm or self.realm).environment
                              | {"KRB5CCNAME": f"FILE:{cache or self.cache}"})

    def accepted(self, command="ls", *options, **more):
        done = self.smbclient(command, *options, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.gateway.log())
        return done.stdout

    def refused(self, status, *options, **more):
        done = self.smbclient("ls", *options, **more)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(status, done.stdout + done.stderr)

    def refusals(self):
        rows = json.loads(self.gateway.ctl("clients", "refused", "--json").stdout)["refused"]
        return "\n".join(row["why"] for row in rows)

    def last_session(self):
        """What the log says of the session that came last."""
        return [line for line in self.gateway.log().splitlines() if "has come" in line][-1]

    def round_trip(self, *options):
        source = self.realm.directory / "source"
        source.write_bytes(os.urandom(300_001))
        back = self.realm.directory / "back"
        self.accepted(f'put "{source}" file; get file "{back}"; del file', *options)
        self.assertEqual(source.read_bytes(), back.read_bytes())

    def test_signed(self):
        self.round_trip("-m", "SMB3_11", "--client-protection=sign")
        self.assertIn("alice", self.last_session())

    def test_every_dialect(self):
        for dialect in ("SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"):
            with self.subTest(dialect):
                self.round_trip("-m", dialect, f"--option=client min protocol={dialect}")

    def test_encrypted_with_every_cipher(self):
        # The 256-bit ones take all 32 bytes of the ticket's key.
        for cipher in ("AES-128-GCM", "AES-128-CCM", "AES-256-GCM", "AES-256-CCM"):
            with self.subTest(cipher):
                self.round_trip("-m", "SMB3_11", "--client-protection=encrypt",
                                f"--option=client smb3 encryption algorithms={cipher}")
                self.assertIn(cipher, self.last_session())

    def test_a_128_bit_ticket_key_serves_a_256_bit_cipher(self):
        name = "cifs/short.sluice.test"
        self.realm.kadmin("addprinc", "-randkey", "-e", "aes128-cts:normal", name)
        self.realm.kadmin("ktadd", "-k", str(self.keytab), "-e", "aes128-cts:normal", name)
        for cipher in ("AES-256-GCM", "AES-128-GCM"):
            self.accepted("ls", "-m", "SMB3_11", "--client-protection=encrypt",
                          f"--option=client smb3 encryption algorithms={cipher}",
                          host="short.sluice.test")

    def test_the_map_makes_a_principal_another_user(self):
        self.accepted(cache=self.realm.ticket("alice/admin", PASSWORD))
        self.assertIn("nobody", self.last_session())

    def test_a_principal_of_another_spelling_is_another_principal(self):
        # Each is a principal with a key of its own; Unicode's rules of case make them one.
        for name in ("admin", "ADMIN", DOTLESS):
            self.realm.add_user(name, PASSWORD)
        self.gateway.ctl("user", "add", "admin", "--password-stdin", input="Only-Of-Admin-1\n")
        self.addCleanup(self.gateway.ctl, "prefs", "set", "auth.kerberos_ignore_case", "false")
        tickets = {name: self.realm.ticket(name, PASSWORD) for name in ("admin", "ADMIN", DOTLESS)}
        self.accepted(cache=tickets["admin"])
        for name in ("ADMIN", DOTLESS):
            with self.subTest(name):
                self.refused("NT_STATUS_LOGON_FAILURE", cache=tickets[name])
        self.assertIn('the principal ADMIN@SLUICE.TEST is not spelled as the user "admin"',
                      self.refusals())
        self.gateway.ctl("prefs", "set", "auth.kerberos_ignore_case", "true")
        self.accepted(cache=tickets["ADMIN"])
        self.assertIn("admin by Kerberos", self.last_session())
        self.refused("NT_STATUS_LOGON_FAILURE", cache=tickets[DOTLESS])

    def test_a_disabled_user(self):
        self.gateway.ctl("user", "disable", "alice")
        self.addCleanup(self.gateway.ctl, "user", "enable", "alice")
        self.refused("NT_STATUS_ACCOUNT_DISABLED")
        self.assertIn('log-on refused: the user "alice" is disabled', self.refusals())

    def test_without_a_ticket(self):
        self.refused("NT_STATUS", cache=self.realm.directory / "no-such-cache")

    def test_a_principal_of_another_realm(self):
        with Realm("OTHER.TEST") as other:
            other.add_user("alice", PASSWORD)
            other.add_service(SERVICE, self.realm.directory / "other.keytab")
            # The key that OTHER.TEST shares with the gateway, beside those that it has.
            other.add_service(SERVICE, self.keytab)
            self.refused("NT_STATUS_LOGON_FAILURE", cache=other.ticket("alice", PASSWORD),
                         realm=other)
        self.assertIn("the principal alice@OTHER.TEST is of realm OTHER.TEST", self.refusals())

    def test_a_service_key_that_is_not_in_the_keytab(self):
        self.realm.add_service("cifs/elsewhere.sluice.test", self.realm.directory / "elsewhere")
        self.refused("NT_STATUS_LOGON_FAILURE", host="elsewhere.sluice.test")
        self.assertIn("its Kerberos ticket was not accepted", self.refusals())

    def test_a_clock_that_is_wrong(self):
        cache = self.realm.ticket("alice", PASSWORD)
        self.accepted(cache=cache)  # with the service's ticket, as the KDC would notice as well
        self.refused("NT_STATUS_TIME_DIFFERENCE_AT_DC", prefix=("faketime", "-f", "+20m"),
                     cache=cache)
        self.assertIn("Clock skew too great", self.refusals())

    def test_new_keys_count_as_soon_as_they_are_in_the_keytab(self):
        name = "cifs/rotated.sluice.test"
        self.realm.add_service(name, self.keytab)
        self.accepted(host="rotated.sluice.test", cache=self.realm.ticket("alice", PASSWORD))
        new = self.realm.directory / "new.keytab"
        self.realm.add_service(name, new)
        self.refused("NT_STATUS_LOGON_FAILURE", host="rotated.sluice.test",
                     cache=self.realm.ticket("alice", PASSWORD))
        self.realm.kadmin("ktadd", "-norandkey", "-k", str(self.keytab), name)
        self.accepted(host="rotated.sluice.test", cache=self.realm.ticket("alice", PASSWORD))
        self.assertIn(f"{name}@{self.realm.name} (kvno 3)", self.gateway.log())

    def test_ntlm_off(self):
        self.addCleanup(self.gateway.ctl, "prefs", "set", "auth.ntlm", "true")
        self.assertEqual(self.gateway.smbclient("ls").returncode, 0)
        self.gateway.ctl("prefs", "set", "auth.ntlm", "false")
        done = self.gateway.smbclient("ls")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("127.0.0.1: log-on refused: it offered NTLM, and auth.ntlm is off",
                      self.refusals())
        self.accepted()


class ConfigurationTest(unittest.TestCase):
    def test_a_keytab_that_is_not_there_stops_the_start_with_what_to_do(self):
        gateway = Gateway(extra='[auth]\nkerberos_keytab = "/nonexistent/cifs.keytab"\n')
        with self.assertRaisesRegex(RuntimeError, "Kerberos keytab /nonexistent/cifs.keytab cannot"):
            gateway.__enter__()


if __name__ == "__main__":
    unittest.main()
