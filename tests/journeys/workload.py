"""People at work until the server dies under them, and the record of what they were told: the expected state."""

import base64
import collections
import contextlib
import hashlib
import http.client
import random
import threading
import time
import uuid

from harness import PASSWORD, TUS, Client, make_clip

UNKNOWN = object()  # a call that changes it was cut off: either may hold
GONE = (OSError, http.client.HTTPException)  # how a call ends whose server died
CHUNK_BYTES = 12_000
UPLOADS_MAX = 3  # a person and round: what is waited for after the crash

# Raised high, so that no quota answers for a lost write.
SETTINGS = {"social.comments_per_minute_max": 1000, "upload.per_day_max": 1000, "accounts.sign_in_attempts_max": 1000}


@contextlib.contextmanager
def during(what):
    """Says in a failure's trace where it came about."""
    try:
        yield
    except Exception as problem:
        problem.add_note(what)
        raise


class Expected:
    """(kind, person's handle, what) -> its acknowledged value. False: acknowledged as gone."""

    def __init__(self):
        self.lock = threading.Lock()
        self.facts = {}

    def put(self, *key, value):
        with self.lock:
            self.facts[key] = value

    @contextlib.contextmanager
    def change(self, *key, value):
        """Around one call: unknown until it is acknowledged."""
        self.put(*key, value=UNKNOWN)
        yield
        self.put(*key, value=value)

    def of(self, kind):
        with self.lock:
            return [(key, value) for key, value in self.facts.items() if key[0] == kind]

    def forget(self, handle):
        """All that goes with an account, and what has to be gone with it."""
        with self.lock:
            for key in [key for key in self.facts if key[1] == handle and key[0] != "account"]:
                if key[0] in ("video", "media", "comment", "session"):
                    self.facts[key] = False
                else:
                    del self.facts[key]


class Person:
    """One person at work in a thread of her own. Every call that fails while the server lives is an error of the test."""

    def __init__(self, world, handle, seed):
        self.world = world
        self.expected = world.expected
        self.random = random.Random(seed)
        self.handle = handle
        self.client = Client(world.server)
        self.comments, self.videos, self.uploads = [], [], []
        self.number = 0

    def work(self):
        try:
            self.sign_up()
            steps = [self.like, self.save, self.follow, self.comment, self.remove_comment, self.watch, self.upload, self.begin_tus,
                     self.tus_chunk, self.tus_chunk, self.look, self.remove_video, self.rename, self.sign_in_and_out]
            while not self.world.stop.is_set():
                self.random.choice(steps)()
                if self.random.random() < 0.01:
                    self.leave()
                    return
        except GONE:
            if not self.world.ending:
                self.world.problems.append(f"{self.handle}: the connection broke before the kill")
        except Exception as problem:  # an answer that should not have come
            self.world.problems.append(f"{self.handle}: {problem!r}")

    def sign_up(self):
        with self.expected.change("account", self.handle, "", value=True):
            self.client.sign_up(self.handle, password=PASSWORD)
        self.expected.put("session", self.handle, self.client.token, value=True)

    def mark(self, kind, path, on_status):
        video = self.random.choice(self.world.stage)
        key = (kind, self.handle, video)
        on = self.expected.facts.get(key) is not True
        with self.expected.change(*key, value=on):
            self.client.call("PUT" if on else "DELETE", f"/videos/{video}/{path}", expect=on_status)

    def like(self):
        self.mark("like", "like", 200)

    def save(self):
        self.mark("save", "save", 200)

    def follow(self):
        key = ("follow", self.handle, self.world.author.handle)
        on = self.expected.facts.get(key) is not True
        with self.expected.change(*key, value=on):
            self.client.call("PUT" if on else "DELETE", f"/accounts/{self.world.author.handle}/follow", expect=204)

    def comment(self):
        self.number += 1
        video, text = self.random.choice(self.world.stage), f"{self.handle} says {self.number}"
        made = self.client.call("POST", f"/videos/{video}/comments", {"text": text}, expect=201).json
        self.comments.append((made["id"], video))
        self.expected.put("comment", self.handle, made["id"], value=(video, text))

    def remove_comment(self):
        if self.comments:
            comment, video = self.comments.pop(0)
            with self.expected.change("comment", self.handle, comment, value=False):
                self.client.call("DELETE", f"/comments/{comment}", expect=204)

    def watch(self):
        answer = self.client.feed(limit=4)
        self.expected.put("decision", self.handle, answer["request_id"], value=True)
        for item in answer["items"][:2]:
            event = {"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "impression"}
            if self.client.send(event)["accepted"] == 1:
                self.expected.put("event", self.handle, event["event_id"], value=(event, item["video"]["id"]))

    def upload(self):
        if len(self.videos) < UPLOADS_MAX:
            video = self.client.upload(self.random.choice(self.world.clips), f"whole by {self.handle}")
            self.keep_video(video)

    def keep_video(self, video):
        self.videos.append(video)
        self.expected.put("video", self.handle, video, value=True)

    def begin_tus(self):
        if len(self.uploads) >= 2 or len(self.videos) + len(self.uploads) >= UPLOADS_MAX:
            return
        data = self.random.choice(self.world.clips).read_bytes()
        caption = base64.b64encode(f"pieces by {self.handle}".encode()).decode()
        answer = self.client.raw("POST", "/api/v1/uploads", b"", {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": f"caption {caption}"})
        if answer.status != 201:
            raise AssertionError(f"tus creation: {answer}")
        location = answer.headers["location"].replace(self.world.server.url, "")
        self.uploads.append(location)
        self.expected.put("upload", self.handle, location, value=(0, data))

    def tus_chunk(self):
        if self.uploads:
            location = self.random.choice(self.uploads)
            offset, data = self.expected.facts[("upload", self.handle, location)]
            if self.send_chunk(location, offset, data):
                self.uploads.remove(location)

    def send_chunk(self, location, offset, data):
        """The new video's id with the last chunk."""
        chunk = data[offset:offset + CHUNK_BYTES]
        answer = self.client.raw("PATCH", location, chunk, {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})
        if answer.status != 204:
            raise AssertionError(f"tus chunk at {offset}: {answer}")
        self.expected.put("upload", self.handle, location, value=(int(answer.headers["upload-offset"]), data))
        video = answer.headers.get("filoscope-video-id")
        if video:
            self.keep_video(video)
        return video

    def look(self):
        """Whoever was told that her video is published may rely on each byte of it."""
        if not self.videos:
            return
        shown = self.client.get(f"/videos/{self.random.choice(self.videos)}")
        if shown["state"] == "published":
            for rendition in shown["playback"]["renditions"]:
                self.expected.put("media", self.handle, rendition["url"], value=self.world.digest(self.client, rendition["url"]))

    def remove_video(self):
        if not self.videos or self.random.random() < 0.7:
            return
        shown = self.client.get(f"/videos/{self.videos[0]}")
        if shown["state"] != "published":
            return
        video = self.videos.pop(0)
        urls = [rendition["url"] for rendition in shown["playback"]["renditions"]] + shown["playback"]["covers"]
        keys = [("media", self.handle, url) for url in urls] + [("video", self.handle, video)]
        for key in keys:
            self.expected.put(*key, value=UNKNOWN)
        self.client.call("DELETE", f"/videos/{video}", expect=204)
        for key in keys:
            self.expected.put(*key, value=False)

    def rename(self):
        self.number += 1
        name = f"{self.handle} the {self.number}th"
        with self.expected.change("name", self.handle, "", value=name):
            self.client.call("PATCH", "/me", {"display_name": name}, expect=200)

    def sign_in_and_out(self):
        other = Client(self.world.server)
        other.token = other.call("POST", "/sessions", {"handle": self.handle, "password": PASSWORD}, expect=201).json["token"]
        with self.expected.change("session", self.handle, other.token, value=False):
            other.call("DELETE", "/sessions/current", expect=204)

    def leave(self):
        with self.expected.change("account", self.handle, "", value=False):
            self.client.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
        self.expected.forget(self.handle)


class World:
    """A server with an author and two clips of hers, rounds of people at work, and the comparison afterwards."""

    def __init__(self, server, folder, seed):
        self.server = server
        self.random = random.Random(seed)
        self.expected = Expected()
        self.problems = []
        self.stop = threading.Event()
        self.ending = False
        self.clips = [make_clip(folder / f"{i}.mp4", seconds=1, size="96x160", seed=i) for i in range(4)]
        self.author = Client(server).sign_up("author", password=PASSWORD)
        self.stage = [self.author.publish(clip, "the one to like")["id"] for clip in self.clips[:2]]

    def work_until(self, name, seconds, end):
        """Four people, and `end` in the middle of what they do."""
        self.stop.clear()
        self.ending = False
        people = [Person(self, f"{name}.{i}", self.random.random()) for i in range(4)]
        threads = [threading.Thread(target=person.work) for person in people]
        for thread in threads:
            thread.start()
        time.sleep(seconds)  # the seeded moment
        self.ending = True
        end()
        self.stop.set()
        for thread in threads:
            thread.join()

    @staticmethod
    def digest(client, url):
        answer = client.raw("GET", url)
        return hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else f"status {answer.status}"

    def compare(self, test):
        """Asserts all facts against the server; what was unknown is from now on as it was found."""
        test.assertEqual(self.problems, [])
        self.author.connection = None
        self.people = {}
        for (_, handle, _), value in self.expected.of("account"):
            self.compare_account(test, handle, value)
        for key, value in self.expected.of("session"):
            status = Client(self.server, key[2]).call("GET", "/me").status
            if value is not UNKNOWN:
                test.assertEqual(status, 200 if value else 401, key)
            self.expected.put(*key, value=status == 200)
        self.compare_marks(test)
        self.compare_comments(test)
        kept = {video for (_, _, video), value in self.expected.of("video") if value is True} | set(self.stage)
        for (_, handle, _), (event, video) in self.expected.of("event"):
            if video in kept:  # of a video that is gone nothing can be told again
                told = self.people[handle].send(event)
                test.assertEqual(told["duplicate"], 1, (event, told))
        for (_, handle, request), _ in self.expected.of("decision"):
            test.assertEqual(self.people[handle].get(f"/decisions/{request}")["request_id"], request)
        for key, value in self.expected.of("name"):
            name = self.people[key[1]].get("/me")["account"]["display_name"]
            if value is not UNKNOWN:
                test.assertEqual(name, value)
            self.expected.put(*key, value=name)
        self.compare_uploads(test)
        self.compare_videos(test)

    def compare_account(self, test, handle, value):
        person = Client(self.server)
        answer = person.call("POST", "/sessions", {"handle": handle, "password": PASSWORD})
        test.assertIn(answer.status, (201, 401), handle)
        if value is not UNKNOWN:
            test.assertEqual(answer.status, 201 if value else 401, handle)
        if answer.status == 401:
            self.expected.put("account", handle, "", value=False)
            self.expected.forget(handle)
            return
        person.token, person.handle = answer.json["token"], handle
        self.people[handle] = person
        self.expected.put("account", handle, "", value=True)
        self.expected.put("session", handle, person.token, value=True)

    def compare_marks(self, test):
        liked = collections.Counter()
        for kind, mark in (("like", "liked"), ("save", "saved")):
            for key, value in self.expected.of(kind):
                found = self.people[key[1]].get(f"/videos/{key[2]}")["viewer"][mark]
                if value is not UNKNOWN:
                    test.assertEqual(found, value, key)
                self.expected.put(*key, value=found)
                liked[key[2]] += kind == "like" and found
        for video in self.stage:
            test.assertEqual(self.author.get(f"/videos/{video}")["counts"]["likes"], liked[video])
        for key, value in self.expected.of("follow"):
            found = self.people[key[1]].get(f"/accounts/{key[2]}")["viewer"]["follows"]
            if value is not UNKNOWN:
                test.assertEqual(found, value, key)
            self.expected.put(*key, value=found)

    def compare_comments(self, test):
        there = {}
        for video in self.stage:
            cursor = ""
            while cursor is not None:
                page = self.author.get(f"/videos/{video}/comments?limit=50" + (f"&cursor={cursor}" if cursor else ""))
                there.update({comment["id"]: (video, comment["text"]) for comment in page["items"]})
                cursor = page["next_cursor"]
        for key, value in self.expected.of("comment"):
            if value is not UNKNOWN:
                test.assertEqual(there.get(key[2], False), value, key)
            self.expected.put(*key, value=there.get(key[2], False))

    def compare_uploads(self, test):
        """Every unfinished upload stands where it was acknowledged, or at the chunk under way, and is finished now."""
        for (_, handle, location), (offset, data) in self.expected.of("upload"):
            person = Person(self, handle, 0)
            person.client = self.people[handle]
            answer = person.client.raw("HEAD", location, headers=TUS)
            if offset == len(data) and answer.status != 200:
                continue  # it was told to have become a video, which is looked at as such
            test.assertEqual(answer.status, 200, (handle, location))
            there = int(answer.headers["upload-offset"])
            test.assertGreaterEqual(there, offset, (handle, location))
            test.assertLessEqual(there, min(offset + CHUNK_BYTES, len(data)), (handle, location))
            if video := answer.headers.get("filoscope-video-id"):
                person.keep_video(video)
            while there < len(data):
                person.send_chunk(location, there, data)
                there = self.expected.facts[("upload", handle, location)][0]
            del self.expected.facts[("upload", handle, location)]

    def compare_videos(self, test):
        for key, value in self.expected.of("video"):
            client = self.people.get(key[1], self.author)
            if value is UNKNOWN:
                value = client.call("GET", f"/videos/{key[2]}").status == 200
                self.expected.put(*key, value=value)
            if value:
                test.assertEqual(client.wait_until_processed(key[2])["state"], "published", key)
            else:
                test.assertEqual(client.call("GET", f"/videos/{key[2]}").status, 404, key)
        for key, value in self.expected.of("media"):
            found = self.digest(self.author, key[2])
            if value is False:
                test.assertEqual(found, "status 404", key)
            elif value is not UNKNOWN:
                test.assertEqual(found, value, key)
            self.expected.put(*key, value=found if len(found) == 64 else False)
