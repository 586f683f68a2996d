"""Clients that wait, against the real server: sockets opened and dropped, never read, from elsewhere; bodies that drip."""

import base64
import json
import os
import pathlib
import re
import socket
import struct
import threading
import time
import unittest

from harness import Client, Server, wait_for

KEY = base64.b64encode(b"0123456789abcdef").decode()
DROPPED = 10_000


class Line:
    """One connection, with the frames of a WebSocket's client (RFC 6455)."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.received = b""

    def close(self):
        self.socket.close()

    def shake_hands(self, token, fields=""):
        self.socket.sendall(
            f"GET /api/v1/updates/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nAuthorization: Bearer {token}\r\n{fields}\r\n".encode()
        )

    def status(self):
        while b"\r\n\r\n" not in self.received:
            part = self.socket.recv(4096)
            if not part:
                return 0
            self.received += part
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        return int(head.split()[1])

    def take(self, size):
        while len(self.received) < size:
            part = self.socket.recv(4096)
            if not part:
                raise ConnectionError("the server closed")
            self.received += part
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def frame(self):
        first, size = self.take(2)
        if size == 126:
            (size,) = struct.unpack(">H", self.take(2))
        return first & 15, self.take(size)

    def news(self):
        opcode, payload = self.frame()
        return json.loads(payload) if opcode == 1 else (opcode, payload)

    def send(self, opcode, payload, final=True):
        mask = os.urandom(4)
        head = bytes([(0x80 if final else 0) | opcode, 0x80 | len(payload)]) if len(payload) < 126 else bytes(
            [(0x80 if final else 0) | opcode, 0xFE]) + struct.pack(">H", len(payload))
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))


def memory_mb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def waiting(server):
    text = Client(server).raw("GET", "/metrics").body.decode()
    return float(re.search(r"^filoscope_http_waiting (\S+)", text, re.M).group(1))


class Waiting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"api.slow_client_s": 2})
        cls.mara = Client(cls.server).sign_up("mara")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def guest(self):
        return Client(self.server).guest().token

    def test_ten_thousand_sockets_opened_and_dropped_leave_nothing(self):
        guests = [self.guest() for _ in range(64)]
        before = memory_mb(self.server)
        statuses = {}
        for number in range(DROPPED):
            line = Line(self.server)
            line.shake_hands(guests[number % len(guests)])
            if number % 4 == 0:
                status = line.status()
                statuses[status] = statuses.get(status, 0) + 1
            if number % 8 == 0:
                line.send(1, b"half a message", final=False)
            line.close()
        self.assertEqual(set(statuses) - {101, 429}, set(), statuses)
        self.assertGreater(statuses[101], DROPPED / 8)
        wait_for("the end of them all", lambda: waiting(self.server) == 0)
        self.assertLess(memory_mb(self.server) - before, 64)
        Client(self.server).guest().feed()

    def test_sockets_that_say_too_much_or_read_nothing_go(self):
        line = Line(self.server)
        line.shake_hands(self.guest())
        self.assertEqual(line.status(), 101)
        for _ in range(80):
            line.send(9, b"ping")
        opcode, payload = line.frame()
        while opcode == 10:
            opcode, payload = line.frame()
        self.assertEqual((opcode, payload[:2]), (8, b"\x03\xf0"))
        line.close()
        wait_for("its end", lambda: waiting(self.server) == 0)

    def test_a_page_of_another_site_gets_no_socket(self):
        for origin, status in [("http://attacker.example", 403), ("null", 403), (f"http://localhost:{self.server.port}", 403), ("http://localhost", 101)]:
            line = Line(self.server)
            line.shake_hands(self.guest(), f"Origin: {origin}\r\n")
            self.assertEqual(line.status(), status, origin)
            line.close()

    def test_the_badge_comes_by_socket(self):
        line = Line(self.server)
        line.shake_hands(self.mara.token)
        self.assertEqual(line.status(), 101)
        self.assertEqual(line.news(), {"type": "unread", "count": 0})
        fan = Client(self.server).sign_up("fan")
        fan.call("PUT", "/accounts/mara/follow", {}, expect=204)
        self.assertEqual(line.news(), {"type": "unread", "count": 1})
        line.close()

    def test_hundreds_of_dripping_bodies_do_not_hold_their_places(self):
        lines = [Line(self.server) for _ in range(400)]
        for line in lines:
            line.socket.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        stop = threading.Event()

        def drip():
            while not stop.wait(1):
                for line in lines:
                    try:
                        line.socket.send(b"x")
                    except OSError:
                        pass

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        statuses = {line.status() for line in lines}
        stop.set()
        thread.join()
        self.assertEqual(statuses, {408})
        self.assertLess(time.monotonic() - began, 20)
        for line in lines:
            line.close()
