"""The records in PostgreSQL: the whole way of a video and of a swipe, and a server and a database that die."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import unittest

from harness import ROOT, Client, Server, clip_folder, make_clip, schema_url, wait_for

sys.path.insert(0, str(ROOT / "tools"))
import with_postgres  # noqa: E402

KILLS = 20 if os.environ.get("FILOSCOPE_ALL") == "yes" else 4


class OnPostgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clip = make_clip(clip_folder() / "postgres.mp4")
        cls.parent = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-postgres-"))
        cls.postgres = with_postgres.Server(cls.parent)
        cls.postgres.make()
        cls.postgres.start()
        cls.addClassCleanup(shutil.rmtree, cls.parent, ignore_errors=True)
        cls.addClassCleanup(cls.postgres.stop, "immediate")

    def serve(self, name=None, **more):
        data = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-test-"))
        self.addCleanup(shutil.rmtree, data, ignore_errors=True)
        url = schema_url(self.postgres.url, name or data.name)
        server = Server(data, environment={"FILOSCOPE_DATABASE_URL": url}, **more)
        self.addCleanup(server.close)
        return server

    def test_the_way_of_a_video_and_of_a_swipe(self):
        server = self.serve()
        self.assertFalse((server.folder / "filoscope.db").exists())
        mara, jo = Client(server).sign_up("mara"), Client(server).sign_up("jo", display_name="Jo Ångström")
        videos = [mara.publish(make_clip(self.parent / f"{n}.mp4", seed=n), f"clip {n} #trains") for n in range(3)]
        first = jo.feed()
        self.assertEqual(len(first["items"]), 3)
        item = first["items"][0]
        told = jo.swipe(item, 1.0)
        self.assertEqual((told["accepted"], told["learned"]), (2, True))
        jo.call("PUT", f"/videos/{item['video']['id']}/like", expect=200)
        jo.call("PUT", "/accounts/mara/follow", expect=204)
        second = jo.feed()
        self.assertGreater(second["log_position"], first["log_position"])
        self.assertNotEqual(second["items"][0]["video"]["id"], item["video"]["id"], "what was just seen does not come first")
        self.assertEqual(jo.get("/search?kind=videos&q=trains")["items"][0]["video"]["author"]["handle"], "mara")
        self.assertEqual(len(mara.get("/notifications")["items"]), 5)
        mara.call("DELETE", f"/videos/{videos[0]['id']}", expect=204)
        jo.call("DELETE", "/me", {"password": "correct horse battery"}, expect=204)
        hers = Client(server).sign_up("ada").feed()
        self.assertEqual({one["video"]["id"] for one in hers["items"]}, {one["id"] for one in videos[1:]})
        server.stop_sound(self)
        explained = server.command("explain", "--data", str(server.folder), "--json", "-", first["request_id"], check=False)
        self.assertEqual(explained.returncode, 1, "jo is erased, and with her what she was shown")
        explained = server.command("explain", "--data", str(server.folder), "--json", "-", hers["request_id"])
        self.assertTrue(json.loads(explained.stdout)["same"])
        server.start()
        self.assertEqual(len(mara.get("/accounts/mara/videos")["items"]), 2)

    def test_it_and_its_folder_belong_together(self):
        server = self.serve()
        url = server.environment["FILOSCOPE_DATABASE_URL"]
        other = self.serve()
        other.stop()
        server.stop()
        refused = server.command("verify", "--data", str(other.folder), "--database", url, check=False)
        self.assertIn("belongs with another data folder", refused.stderr)
        server.environment = {}
        refused = server.command("verify", "--data", str(server.folder), check=False)
        self.assertIn("are in PostgreSQL", refused.stderr)
        self.assertFalse((server.folder / "filoscope.db").exists())
        unreachable = server.command("verify", "--data", str(server.folder), "--database", "postgresql:///x?host=/nowhere", check=False)
        self.assertIn("cannot be reached", unreachable.stderr)
        server.environment = {"FILOSCOPE_DATABASE_URL": url}
        server.start()
        other.start()

    def keep_commenting(self, client, video, told, end):
        """Comments until `end`; what was acknowledged goes into `told`."""
        n = 0
        while not end.is_set():
            n += 1
            try:
                answer = client.call("POST", f"/videos/{video}/comments", {"text": f"{client.handle} {n}"})
            except (OSError, http.client.HTTPException):
                client.connection = None
                time.sleep(0.05)
                continue
            if answer.status == 201:
                told.append(answer.json["id"])
            elif answer.status not in (429, 503):
                raise AssertionError(answer)

    def lose_nothing(self, disturb, times):
        """Four people comment while `disturb(server)` is called; every comment acknowledged is there after it, and none twice."""
        server = self.serve(settings={"social.comments_per_minute_max": 1000})
        mara = Client(server).sign_up("mara")
        video = mara.publish(self.clip, "clip")["id"]
        people = [Client(server).sign_up(f"person{n}") for n in range(4)]
        told, end = [], threading.Event()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = [pool.submit(self.keep_commenting, one, video, told, end) for one in people]
            def more(count):
                before = len(told)
                wait_for("comments", lambda: len(told) >= before + count or any(one.done() for one in running))

            try:
                for _ in range(times):
                    more(5)
                    disturb(server)
                more(5)
            finally:
                end.set()
            for one in running:
                one.result()
        stored, cursor = [], ""
        while cursor is not None:
            page = mara.get(f"/videos/{video}/comments?limit=50" + (f"&cursor={cursor}" if cursor else ""))
            stored += [(one["id"], one["text"]) for one in page["items"]]
            cursor = page["next_cursor"]
        texts = [text for _, text in stored]
        self.assertEqual(len(texts), len(set(texts)), "stored twice")
        self.assertEqual(set(told) - {comment for comment, _ in stored}, set(), "acknowledged and not there")
        self.assertEqual(mara.get(f"/videos/{video}")["counts"]["comments"], len(stored))
        wait_for("readiness", lambda: mara.raw("GET", "/readyz").status == 200)
        server.stop_sound(self)
        server.start()

    def test_nothing_acknowledged_is_lost_when_the_program_is_killed(self):
        def kill(server):
            server.kill()
            server.start(server.port)
        self.lose_nothing(kill, KILLS)

    def test_nothing_acknowledged_is_lost_when_the_database_dies(self):
        def crash(_server):
            self.postgres.stop("immediate")
            time.sleep(0.5)
            self.postgres.start()
        self.lose_nothing(crash, KILLS)
