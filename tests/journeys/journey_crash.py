"""kill -9 at random moments under load: whatever was acknowledged is there afterwards, and `filoscope verify` is clean."""

import json
import os
import pathlib
import random
import tempfile
import threading
import time
import unittest
import uuid

from harness import Client, Server, make_clip

ROUNDS = 12 if os.environ.get("FILOSCOPE_ALL") == "yes" else 3
SEED = int(os.environ.get("FILOSCOPE_SEED", "7"))


class Expected:
    """What was acknowledged, in a file of its own: one JSON line each, written after the answer."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()

    def note(self, **fact):
        with self.lock, open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(fact) + "\n")

    def facts(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []


class Crash(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-crash-"))
        random_source = random.Random(SEED)
        server = Server()
        author = Client(server).sign_up("author")
        clips = [make_clip(folder / f"{i}.mp4", seconds=2, size="96x160", seed=i) for i in range(4)]
        target = author.publish(clips[0], "the one to like")["id"]
        expected = Expected(folder / "expected.jsonl")
        for round_number in range(ROUNDS):
            self.run_and_kill(server, expected, clips, target, round_number, random_source.uniform(0.5, 3.0))
            server.start()
            self.compare(Client(server, author.token), expected, target)
            server.stop()
            checked = server.verify()
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            server.start()
        server.close()

    def run_and_kill(self, server, expected, clips, target, round_number, after_s):
        stop = threading.Event()
        threads = [threading.Thread(target=self.act, args=(server, expected, clips, target, f"r{round_number}t{i}", stop)) for i in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(after_s)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()

    def act(self, server, expected, clips, target, name, stop):
        try:
            person = Client(server).sign_up(name)
            expected.note(kind="account", handle=name, token=person.token)
            person.call("PUT", f"/videos/{target}/like", {}, expect=200)
            expected.note(kind="like", token=person.token)
            number = 0
            while not stop.is_set():
                number += 1
                text = f"{name} says {number}"
                person.call("POST", f"/videos/{target}/comments", {"text": text}, expect=201)
                expected.note(kind="comment", text=text)
                if number % 5 == 1:
                    video = person.upload(clips[number % len(clips)], f"upload {name} {number}")
                    expected.note(kind="upload", video=video, token=person.token)
                for item in person.feed()["items"][:1]:
                    event = {"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "impression"}
                    if person.send(event)["accepted"] == 1:
                        expected.note(kind="event", token=person.token, event=event)
                time.sleep(0.02)
        except Exception:  # the server is gone; what was acknowledged is in the file
            pass

    def compare(self, author, expected, target):
        facts = expected.facts()
        comments, cursor = set(), ""
        while cursor is not None:
            page = author.get(f"/videos/{target}/comments?limit=50" + (f"&cursor={cursor}" if cursor else ""))
            comments |= {comment["text"] for comment in page["items"]}
            cursor = page["next_cursor"]
        for fact in facts:
            if fact["kind"] == "comment":
                self.assertIn(fact["text"], comments)
            elif fact["kind"] == "account":
                self.assertEqual(Client(author.server, fact["token"]).get("/me")["account"]["handle"], fact["handle"])
            elif fact["kind"] == "upload":
                self.assertEqual(Client(author.server, fact["token"]).get(f"/videos/{fact['video']}")["id"], fact["video"])
            elif fact["kind"] == "event":
                again = Client(author.server, fact["token"]).send(fact["event"])
                self.assertEqual(again["duplicate"], 1, again)
        likes = sum(fact["kind"] == "like" for fact in facts)
        self.assertGreaterEqual(author.get(f"/videos/{target}")["counts"]["likes"], likes)


if __name__ == "__main__":
    unittest.main()
