"""What strangers do to doors that others need: floods of passwords, guesses from elsewhere, connections until no file can be opened."""

import os
import pathlib
import socket
import tempfile
import threading
import time
import unittest

import harness
from harness import PASSWORD, Client, Server


def from_address(address):
    return {"X-Forwarded-For": address}


class Doors(unittest.TestCase):
    def test_a_flood_of_wrong_passwords_holds_no_feed_and_no_page(self):
        server = Server(settings={"accounts.password_memory_bytes": 64 << 20})
        self.addCleanup(server.close)
        Client(server).sign_up("owner")
        viewer = Client(server).guest()
        statuses, ending = [], threading.Event()

        def guess(number):
            client = Client(server)
            while not ending.is_set():
                answer = client.call("POST", "/sessions", {"handle": f"nobody{number}", "password": "not the right one"})
                statuses.append((answer.status, answer.headers.get("retry-after")))

        threads = [threading.Thread(target=guess, args=(number,)) for number in range(60)]
        for thread in threads:
            thread.start()
        try:
            harness.wait_for("refusals", lambda: any(status == 429 for status, _ in statuses))
            slowest = 0
            for _ in range(20):
                began = time.monotonic()
                viewer.get("/feed")
                self.assertEqual(viewer.raw("GET", "/healthz").status, 200)
                slowest = max(slowest, time.monotonic() - began)
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        self.assertLess(slowest, 5, "a feed waited behind passwords")
        self.assertEqual({wait for status, wait in statuses if status == 429}, {"5"})

    def test_guesses_from_elsewhere_lock_the_owner_out_of_nothing(self):
        server = Server(settings={"api.trusted_proxies": "127.0.0.1", "api.public_url": "http://localhost", "api.passwords_per_minute_max": 1000})
        self.addCleanup(server.close)
        home, away, attacker = from_address("203.0.113.5"), from_address("203.0.113.77"), from_address("198.51.100.9")
        web = {"X-Filoscope-Client": "web"}
        form = {"handle": "owner", "password": PASSWORD, "birth_date": "1990-05-05"}
        made = Client(server).call("POST", "/accounts", form, expect=201, headers={**home, **web})
        device = next(line.split(";")[0] for line in made.headers["set-cookie"].split("\n") if line.startswith("filoscope_device="))
        stranger, guess = Client(server), {"handle": "owner", "password": "not the right one"}
        for _ in range(10):
            stranger.call("POST", "/sessions", guess, expect=401, headers=attacker)
        locked = stranger.call("POST", "/sessions", guess, expect=429, headers=attacker)
        self.assertEqual(locked.headers["retry-after"], "900")
        self.assertIn("15 minutes", locked.json["detail"])
        right = {"handle": "owner", "password": PASSWORD}
        self.assertEqual(Client(server).call("POST", "/sessions", right, headers=home).status, 201)
        self.assertEqual(Client(server).call("POST", "/sessions", right, headers={**away, "Cookie": device}).status, 201)
        owner = Client(server, made.json["token"])
        change = {"password": PASSWORD, "new_password": PASSWORD + " two"}
        self.assertEqual(owner.call("PUT", "/me/password", change, headers=away).status, 204)

    def test_one_address_makes_so_many_accounts(self):
        server = Server(settings={"api.trusted_proxies": "127.0.0.1", "api.public_url": "http://localhost", "api.sign_ups_per_hour_max": 3})
        self.addCleanup(server.close)
        made = []
        for number in range(5):
            form = {"handle": f"farm{number}", "password": PASSWORD, "birth_date": "1990-05-05"}
            made.append(Client(server).call("POST", "/accounts", form, headers=from_address(f"2001:db8:1:2::{number}")))
        self.assertEqual([answer.status for answer in made], [201, 201, 201, 429, 429])
        self.assertEqual(made[-1].headers["retry-after"], "3600")
        other = {"handle": "neighbour", "password": PASSWORD, "birth_date": "1990-05-05"}
        Client(server).call("POST", "/accounts", other, expect=201, headers=from_address("203.0.113.8"))

    def test_a_page_opens_however_many_connections_are_open(self):
        program, folder = harness.PROGRAM, pathlib.Path(tempfile.mkdtemp(prefix="filoscope-test-"))
        limited = folder / "limited"
        limited.write_text(f'#!/bin/sh\nulimit -n 400\nexec {program} "$@"\n')
        limited.chmod(0o755)
        page = folder / "web"
        page.mkdir()
        (page / "index.html").write_text("<!doctype html><head></head><p>the page</p>")
        harness.PROGRAM = limited
        try:
            server = Server(arguments=["--web", str(page)])
        finally:
            harness.PROGRAM = program
        self.addCleanup(server.close)
        viewer = Client(server).guest()
        idle = []
        try:
            for _ in range(600):
                idle.append(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(5):
                answer = viewer.raw("GET", "/")
                self.assertEqual((answer.status, b"the page" in answer.body), (200, True))
                viewer.get("/feed")
        finally:
            for one in idle:
                one.close()
        self.assertTrue(os.path.isdir(server.folder))


if __name__ == "__main__":
    unittest.main()
