"""A limit on memory: what does not fit is refused with 503, nothing ends the server, and all goes on when there is memory again."""

import concurrent.futures
import http.client
import resource
import unittest

from harness import PASSWORD, TUS, Client, Server, clip_folder, make_clip, wait_for

MEBIBYTE = 1 << 20
GONE = (OSError, http.client.HTTPException)  # a connection may be lost where there was no memory for it


class Memory(unittest.TestCase):
    def test_no_limit_on_memory_ends_the_server(self):
        server = Server(settings={"accounts.password_memory_bytes": 64 * MEBIBYTE})
        people = [Client(server).sign_up(f"person{i}") for i in range(4)]
        clip = make_clip(clip_folder() / "clip.mp4")
        video = people[0].publish(clip, "there before")
        pid = server.process.pid
        for spare in (48, 24, 8, 2, 0):
            size = int(next(line for line in open(f"/proc/{pid}/status", encoding="ascii") if line.startswith("VmSize")).split()[1]) << 10
            resource.prlimit(pid, resource.RLIMIT_AS, (size + spare * MEBIBYTE, resource.RLIM_INFINITY))
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                statuses = list(pool.map(lambda i, s=spare: self.load(server, people[i % 4], i, s), range(96)))
            self.assertIsNone(server.process.poll(), server.trace())
            for status in statuses:
                self.assertIn(status, (200, 201, 202, 204, 400, 401, 404, 409, 429, 503, None), (spare, statuses))
            resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            wait_for("an answer", lambda: self.status(Client(server, people[0].token), "GET", f"/videos/{video['id']}") == 200)
        self.assertEqual(people[1].publish(clip, "after", draft="false")["state"], "published")
        Client(server).sign_up("late")
        server.stop_sound(self)
        server.start()
        server.close()

    def status(self, client, method, path, body=None):
        try:
            return client.call(method, path, body).status
        except GONE:
            return None

    def load(self, server, person, i, spare):
        client = Client(server, person.token)
        if i % 4 == 0:
            return self.status(client, "GET", "/feed?mode=for_you&limit=20")
        if i % 4 == 1:
            return self.status(Client(server), "POST", "/sessions", {"handle": f"person{i % 3}", "password": PASSWORD})
        if i % 4 == 2:
            return self.status(client, "GET", "/search?kind=videos&q=there")
        try:
            return client.raw("POST", "/api/v1/uploads", bytes(4 * MEBIBYTE),
                              {**TUS, "Upload-Length": str(8 * MEBIBYTE), "Content-Type": "application/offset+octet-stream"}).status
        except GONE:
            return None


if __name__ == "__main__":
    unittest.main()
