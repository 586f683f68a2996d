"""tus 1.0.0 by its specification: the core protocol, creation, creation-with-upload, checksum, termination, expiration."""

import base64
import email.utils
import hashlib
import http.client
import time
import unittest

from harness import TUS, Client, Server, clip_folder, make_clip

CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Tus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings={"upload.unfinished_max": 50, "upload.chunk_bytes_max": 65536})
        cls.mara = Client(cls.server).sign_up("mara")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def ask(self, method, path, body=None, **headers):
        return self.mara.raw(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def create(self, size, body=b"", **headers):
        answer = self.mara.raw("POST", "/api/v1/uploads", body, {**TUS, "Upload-Length": str(size), **headers})
        self.assertEqual(answer.status, 201, answer)
        return answer.headers["location"].replace(self.server.url, "")

    def patch(self, location, offset, body, **headers):
        return self.mara.raw("PATCH", location, body, {**CHUNK, "Upload-Offset": str(offset), **headers})

    def offset(self, location):
        return int(self.mara.raw("HEAD", location, headers=TUS).headers["upload-offset"])

    def test_options_tells_what_is_spoken(self):
        answer = Client(self.server).raw("OPTIONS", "/api/v1/uploads")
        self.assertIn(answer.status, (200, 204))
        self.assertEqual(answer.headers["tus-version"], "1.0.0")
        self.assertEqual(set(answer.headers["tus-extension"].split(",")), {"creation", "creation-with-upload", "checksum", "termination", "expiration"})
        self.assertEqual(int(answer.headers["tus-max-size"]), 2 << 30)
        self.assertIn("sha1", answer.headers["tus-checksum-algorithm"].split(","))

    def test_every_other_answer_names_the_version(self):
        location = self.create(10)
        for answer, status in ((self.mara.raw("POST", "/api/v1/uploads", b"", {"Upload-Length": "10"}), 412),
                               (self.mara.raw("HEAD", location), 412), (self.mara.raw("DELETE", location, headers={"Tus-Resumable": "0.2.2"}), 412),
                               (self.mara.raw("PATCH", location, b"x", {"Upload-Offset": "0"}), 412), (self.patch(location, 5, b"x"), 409),
                               (self.patch(location, 0, b"x" * 11), 400), (self.patch(location, "x", b"x"), 400), (self.patch("/api/v1/uploads/zz", 0, b"x"), 404),
                               (self.mara.raw("PATCH", location, b"x", {**TUS, "Upload-Offset": "0", "Content-Type": "video/mp4"}), 415),
                               (self.patch(location, 0, b"x" * 65537), 413), (Client(self.server).raw("HEAD", location, headers=TUS), 401)):
            self.assertEqual(answer.status, status, answer)
            self.assertEqual(answer.headers["tus-resumable"], "1.0.0", answer)
            if status == 412:
                self.assertEqual(answer.headers["tus-version"], "1.0.0")
        self.assertEqual(self.offset(location), 0)

    def test_head_gives_back_what_creation_said(self):
        metadata = "filename YS5tcDQ=,filetype dmlkZW8vbXA0,is_confidential"
        location = self.create(1000, **{"Upload-Metadata": metadata})
        head = self.mara.raw("HEAD", location, headers=TUS)
        self.assertEqual(head.status, 200)
        self.assertEqual((head.headers["upload-length"], head.headers["upload-offset"], head.headers["upload-metadata"]), ("1000", "0", metadata))
        self.assertEqual(head.headers["cache-control"], "no-store")
        expires = email.utils.parsedate_to_datetime(head.headers["upload-expires"]).timestamp()
        self.assertAlmostEqual(expires, time.time() + 24 * 3600, delta=120)

    def test_creation_refuses_what_cannot_be(self):
        for headers, status in (({"Upload-Length": str((2 << 30) + 1)}, 413), ({}, 400), ({"Upload-Defer-Length": "1"}, 400), ({"Upload-Length": "0"}, 400),
                                ({"Upload-Length": "5", "Upload-Metadata": "filename !!!"}, 400),
                                ({"Upload-Length": "5", "Upload-Metadata": "visibility " + base64.b64encode(b"my friends").decode()}, 400)):
            answer = self.mara.raw("POST", "/api/v1/uploads", b"", {**TUS, **headers})
            self.assertEqual(answer.status, status, (headers, answer))
            self.assertEqual(answer.headers["content-type"], "application/problem+json")
        for wrong in (b"-1", b"36000001", b"1.5", b"soon", b"99999999999999999999"):
            answer = self.mara.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": "5", "Upload-Metadata": "cover_ms " + base64.b64encode(wrong).decode()})
            self.assertEqual(answer.status, 400, (wrong, answer))
            self.assertIn("cover_ms", answer.json["detail"])

    def test_creation_with_upload(self):
        data = b"0123456789" * 10
        location = self.create(100, data[:60], **{"Content-Type": CHUNK["Content-Type"]})
        self.assertEqual(self.offset(location), 60)
        final = self.patch(location, 60, data[60:])
        self.assertEqual((final.status, final.headers["upload-offset"]), (204, "100"))
        self.assertEqual(self.mara.get("/uploads/" + location.rsplit("/", 1)[1])["video"]["id"], final.headers["filoscope-video-id"])
        refused = self.mara.raw("POST", "/api/v1/uploads", b"abc", {**TUS, "Upload-Length": "100", "Content-Type": "text/plain"})
        self.assertEqual(refused.status, 415)
        bad = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
        answer = self.mara.raw("POST", "/api/v1/uploads", b"abc", {**CHUNK, "Upload-Length": "100", "Upload-Checksum": "sha1 " + bad})
        self.assertEqual(answer.status, 460)

    def test_checksums(self):
        location = self.create(9)
        for algorithm in ("sha1", "sha256"):
            good, bad = (base64.b64encode(hashlib.new(algorithm, data).digest()).decode() for data in (b"abc", b"abd"))
            at = self.offset(location)
            self.assertEqual(self.patch(location, at, b"abc", **{"Upload-Checksum": f"{algorithm} {bad}"}).status, 460)
            self.assertEqual(self.offset(location), at)
            self.assertEqual(self.patch(location, at, b"abc", **{"Upload-Checksum": f"{algorithm} {good}"}).status, 204)
        for wrong in ("md5 abc", "sha1", "sha1 !!!", "sha1 YWJj"):
            self.assertEqual(self.patch(location, 6, b"abc", **{"Upload-Checksum": wrong}).status, 400, wrong)
        self.assertEqual(self.offset(location), 6)

    def test_termination(self):
        location = self.create(10, b"abc", **{"Content-Type": CHUNK["Content-Type"]})
        gone = self.mara.raw("DELETE", location, headers=TUS)
        self.assertEqual((gone.status, gone.headers["tus-resumable"], gone.body), (204, "1.0.0", b""))
        for answer in (self.mara.raw("HEAD", location, headers=TUS), self.patch(location, 3, b"d"), self.mara.raw("DELETE", location, headers=TUS)):
            self.assertIn(answer.status, (404, 410))

    def test_a_method_may_be_overridden(self):
        location = self.create(10)
        done = self.mara.raw("POST", location, b"abcd", {**CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"})
        self.assertEqual((done.status, done.headers["upload-offset"]), (204, "4"))
        self.assertEqual(self.mara.raw("POST", location, b"", {**TUS, "X-HTTP-Method-Override": "DELETE"}).status, 204)

    def test_a_chunk_may_come_in_http_chunks(self):
        location = self.create(8)
        for offset, parts in ((0, [b"ab", b"c"]), (3, [b"defgh"])):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
            connection.request("PATCH", location, iter(parts), {**CHUNK, "Upload-Offset": str(offset), "Authorization": "Bearer " + self.mara.token},
                               encode_chunked=True)
            self.assertEqual(connection.getresponse().status, 204)
            connection.close()
        self.assertEqual(self.mara.raw("HEAD", location, headers=TUS).headers["upload-offset"], "8")

    def test_a_cut_off_chunk_keeps_what_came_unless_it_has_a_sum(self):
        for checksum, kept in ({}, 30000), ({"Upload-Checksum": "sha1 " + base64.b64encode(bytes(20)).decode()}, 0):
            location = self.create(60000)
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
            connection.putrequest("PATCH", location)
            for name, value in {**CHUNK, "Upload-Offset": "0", "Content-Length": "60000", "Authorization": "Bearer " + self.mara.token, **checksum}.items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(b"x" * 30000)
            connection.sock.shutdown(1)
            connection.sock.recv(1)
            connection.close()
            deadline = time.monotonic() + 20
            while self.offset(location) != kept and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertEqual(self.offset(location), kept)

    def test_a_finished_upload_stays_finished(self):
        clip = make_clip(clip_folder() / "a.mp4", seconds=1, size="90x160", seed=3).read_bytes()
        location, at = self.create(len(clip)), 0
        while at < len(clip):
            answer = self.patch(location, at, clip[at:at + 65536])
            self.assertEqual(answer.status, 204, answer)
            at = int(answer.headers["upload-offset"])
        video = answer.headers["filoscope-video-id"]
        head = self.mara.raw("HEAD", location, headers=TUS)
        self.assertEqual((head.headers["upload-offset"], head.headers["filoscope-video-id"]), (str(len(clip)), video))
        self.assertEqual(self.patch(location, 0, clip[:10]).status, 409)
        self.assertEqual(self.mara.wait_until_processed(video)["state"], "published")


if __name__ == "__main__":
    unittest.main()
