"""The gateway is killed at random points of many changes: what was acknowledged is there afterwards,
the change that was under way is there as a whole or not at all."""

import os
import random
import threading
import unittest

from control_client import ControlClient
from gateway import Gateway

CHANGES = 500


class Model:
    """What was acknowledged, and the change that was not yet."""

    def __init__(self):
        self.preferences = {}
        self.users = {}
        self.pending = None

    def apply(self, change):
        kind, name, value = change
        if kind == "prefs":
            self.preferences.update({key: value for key in name})
        elif kind == "reset":
            self.preferences.clear()
        elif kind == "remove":
            self.users.pop(name, None)
        elif kind == "disabled":
            self.users[name] = value
        else:  # one that is there only gets the password
            self.users.setdefault(name, False)

    def after(self, change):
        other = Model()
        other.preferences, other.users = dict(self.preferences), dict(self.users)
        if change is not None:
            other.apply(change)
        return other

    def state(self):
        return self.preferences, self.users


def random_change(generator, model):
    names = ["limits.credits", "limits.sessions", "limits.opens_per_session"]
    kind = generator.choice(["prefs", "prefs", "prefs", "user", "disabled", "remove", "reset"])
    if kind == "prefs":  # all of them get the same value: half a change shows
        return kind, tuple(names), generator.randint(1, 8000)
    if kind == "reset":
        return kind, None, None
    if kind != "user" and model.users:
        name = generator.choice(sorted(model.users))
        return kind, name, not model.users[name] if kind == "disabled" else None
    return "user", f"user{generator.randint(1, 40)}", None


def send(client, change):
    kind, name, value = change
    if kind == "prefs":
        client.call("prefs.set", values={key: value for key in name})
    elif kind == "reset":
        client.call("prefs.reset")
    elif kind == "disabled":
        client.call("user.disable" if value else "user.enable", name=name)
    elif kind == "remove":
        client.call("user.remove", name=name)
    else:
        client.call("user.add", name=name, password="Secret-1")


def look(gateway):
    client = ControlClient(gateway.socket)
    preferences = {row["name"]: row["value"] for row in client.call("prefs.list")
                   if row["source"] == "runtime"}
    users = {row["name"]: row["disabled"] for row in client.call("user.list")}
    client.close()
    return preferences, users


class CrashTest(unittest.TestCase):
    def test_changes_survive_kills_at_random_points(self):
        seed = int(os.environ.get("SLUICE_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"seed {seed} (SLUICE_SEED={seed} repeats it)", flush=True)
        generator = random.Random(seed)
        model = Model()
        sent = kills = took_hold = 0
        with without_users() as gateway:
            while sent < CHANGES:
                client = ControlClient(gateway.socket)
                killer = threading.Timer(generator.uniform(0.0, 0.5), gateway.kill)
                killer.start()
                try:
                    while True:
                        model.pending = random_change(generator, model)
                        send(client, model.pending)
                        model.apply(model.pending)
                        sent += 1
                except (ConnectionError, OSError):
                    sent += 1
                killer.join()
                client.close()
                kills += 1
                gateway.start()
                found = look(gateway)
                old, new = model.after(None).state(), model.after(model.pending).state()
                self.assertIn(found, (old, new),
                              f"seed {seed}, kill {kills}: neither before nor after "
                              f"{model.pending}")
                took_hold += found == new
                model.preferences, model.users = dict(found[0]), dict(found[1])
        print(f"{sent} changes, {kills} kills; {took_hold} of the changes under way had taken hold",
              flush=True)


def without_users():
    gateway = Gateway()
    gateway.users = []
    return gateway


if __name__ == "__main__":
    unittest.main()
