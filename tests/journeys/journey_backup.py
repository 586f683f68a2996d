"""A backup made while the server serves, and what is made of it: on another machine, in the other database, after a kill, of an older release."""

import contextlib
import itertools
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

from harness import PROGRAM, ROOT, Client, Server, clip_folder, make_clip, needs_sqlite, schema_url, wait_for

sys.path.insert(0, str(ROOT / "tools"))
import with_postgres  # noqa: E402

OLD_FOLDER = ROOT / "tests/data/formats/folder_1.tar.xz"


@needs_sqlite
class Backup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clip = make_clip(clip_folder() / "backup.mp4")
        cls.parent = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-backup-"))
        cls.postgres = with_postgres.Server(cls.parent)
        cls.postgres.make()
        cls.postgres.start()
        cls.addClassCleanup(shutil.rmtree, cls.parent, ignore_errors=True)
        cls.addClassCleanup(cls.postgres.stop, "immediate")

    def setUp(self):
        self.own = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-backups-"))
        self.addCleanup(shutil.rmtree, self.own, ignore_errors=True)
        self.backups = self.own / "backups"

    def serve(self, folder=None, url=None, **more):
        environment = {"FILOSCOPE_DATABASE_URL": url} if url else {}
        server = Server(folder, environment=environment, **more)
        self.addCleanup(server.close)
        return server

    def run_command(self, *arguments, url=None, check=True):
        more = ["--database", url] if url else []
        done = subprocess.run([str(PROGRAM), *map(str, arguments), *more], capture_output=True, text=True, timeout=300, check=False)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def back_up(self, folder, url=None, *arguments):
        return json.loads(self.run_command("backup", self.backups, "--data", folder, "--json", "-", *arguments, url=url).stdout)

    def restore(self, name="restored", *arguments, url=None, check=True):
        return self.run_command("restore", self.backups, "--data", self.own / name, *arguments, url=url, check=check)

    def new_schema(self, name):
        return schema_url(self.postgres.url, f"{self.own.name}-{name}")

    def fill(self, server):
        """Two people, three videos and what jo has seen: mara, jo, the videos, and a feed answer of jo's."""
        mara, jo = Client(server).sign_up("mara"), Client(server).sign_up("jo", display_name="Jo Ångström 🎈")
        videos = [mara.publish(self.clip, f"clip {n} #trains") for n in range(3)]
        answer = jo.feed()
        jo.swipe(answer["items"][0], 1.0)
        jo.call("PUT", f"/videos/{videos[0]['id']}/like", expect=200)
        jo.call("POST", f"/videos/{videos[0]['id']}/comments", {"text": "before the backup"}, expect=201)
        return mara, jo, videos, answer

    def same_people(self, server, mara, jo):
        """The same sessions at another server."""
        again = [Client(server, one.token) for one in (mara, jo)]
        for client, one in zip(again, (mara, jo)):
            client.handle = one.handle
        return again

    def is_the_installation(self, server, mara, jo, videos, answer):
        """What `fill` left is there, whole, and goes on."""
        mara, jo = self.same_people(server, mara, jo)
        self.assertEqual(jo.get("/me")["account"]["display_name"], "Jo Ångström 🎈")
        self.assertEqual(jo.get(f"/videos/{videos[0]['id']}")["viewer"]["liked"], True)
        comments = [one["text"] for one in jo.get(f"/videos/{videos[0]['id']}/comments")["items"]]
        self.assertIn("before the backup", comments)
        for video in videos:
            playback = mara.get(f"/videos/{video['id']}")["playback"]
            self.assertEqual(jo.raw("GET", playback["mp4"]).status, 200)
        next_answer = jo.feed()
        self.assertGreater(next_answer["log_position"], answer["log_position"])
        self.assertEqual(jo.swipe(next_answer["items"][0], 1.0)["learned"], True)
        mara.publish(self.clip, "after the restore")
        server.stop_sound(self)
        explained = server.command("explain", "--data", str(server.folder), "--json", "-", answer["request_id"])
        self.assertTrue(json.loads(explained.stdout)["same"])

    def keep_changing(self, people, videos, told, end):
        """Comments, swipes, publishes and deletes until `end`."""
        mara, jo = people
        n = 0
        while not end.is_set():
            n += 1
            answer = jo.call("POST", f"/videos/{videos[1]['id']}/comments", {"text": f"comment {n}"})
            if answer.status == 201:
                told.append(f"comment {n}")
            jo.swipe(jo.feed()["items"][0], 1.0)
            if n % 10 == 0:
                passing = mara.publish(self.clip, f"passing {n}")
                mara.call("DELETE", f"/videos/{passing['id']}", expect=204)

    def test_a_backup_is_made_while_it_serves_and_only_what_is_new_is_stored_again(self):
        server = self.serve(settings={"social.comments_per_minute_max": 1000})
        mara, jo, videos, answer = self.fill(server)
        first = self.back_up(server.folder)
        told, end = [], threading.Event()
        thread = threading.Thread(target=self.keep_changing, args=(self.same_people(server, mara, jo), videos, told, end))
        thread.start()
        try:
            wait_for("changes", lambda: len(told) > 20)
            before = list(told)
            second = self.back_up(server.folder)
            self.assertEqual(second["lost"], [])
            self.back_up(server.folder)
        finally:
            end.set()
            thread.join()
        self.back_up(server.folder)
        again = self.back_up(server.folder)
        self.assertGreater(first["stored_bytes"], 100_000)
        self.assertLess(again["stored_bytes"], first["stored_bytes"] / 4, "what has not changed is not stored again")
        server.stop()
        self.restore("restored", "--at", second["name"])
        restored = self.serve(self.own / "restored", settings={"http.public_url": "http://elsewhere.example"})
        self.is_the_installation(restored, mara, jo, videos, answer)
        restored.start()
        there, cursor = [], ""
        while cursor is not None:
            page = Client(restored, jo.token).get(f"/videos/{videos[1]['id']}/comments?limit=50" + (f"&cursor={cursor}" if cursor else ""))
            there += [one["text"] for one in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(set(before) - set(there), set(), "acknowledged before the backup and not in it")
        again = self.back_up(restored.folder)
        self.assertEqual(again["lost"], [])

    def test_from_sqlite_to_postgresql_and_back(self):
        server = self.serve()
        mara, jo, videos, answer = self.fill(server)
        self.back_up(server.folder)
        server.stop()
        url = self.new_schema("there")
        self.restore("on-postgres", url=url)
        on_postgres = self.serve(self.own / "on-postgres", url=url)
        self.is_the_installation(on_postgres, mara, jo, videos, answer)
        self.assertFalse((self.own / "on-postgres/filoscope.db").exists())
        refused = self.run_command("verify", "--data", self.own / "on-postgres", check=False)
        self.assertIn("are in PostgreSQL", refused.stderr)
        on_postgres.start()
        # Tokens that are not the positions, as writes that are undone leave them.
        subprocess.run(["psql", "--quiet", url, "--command", "SELECT setval(pg_get_serial_sequence('event_outbox', 'token'), 1000000)"],
                       check=True, stdout=subprocess.DEVNULL)
        later = Client(on_postgres, jo.token).feed()
        self.back_up(on_postgres.folder, url)
        on_postgres.stop()
        self.restore("back", check=True)
        back = self.serve(self.own / "back")
        self.is_the_installation(back, mara, jo, videos, answer)
        explained = back.command("explain", "--data", str(back.folder), "--json", "-", later["request_id"])
        self.assertTrue(json.loads(explained.stdout)["same"])
        other = self.new_schema("other")
        self.restore("other", url=other)
        self.is_the_installation(self.serve(self.own / "other", url=other), mara, jo, videos, answer)

    def test_a_damaged_one_is_refused_before_anything_is_touched(self):
        server = self.serve()
        mara, jo, videos, answer = self.fill(server)
        whole = self.back_up(server.folder)["name"]
        jo.call("POST", f"/videos/{videos[0]['id']}/comments", {"text": "in the second"}, expect=201)
        damaged = self.back_up(server.folder)["name"]
        server.stop()
        named = {line for name in (whole,) for line in self.objects_of(name)}
        only_in_second = sorted(set(self.objects_of(damaged)) - named)
        path = self.object_path(only_in_second[0])
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        for arguments in ((), ("--check",)):
            refused = self.restore("restored", *arguments, check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("is damaged and nothing was changed", refused.stderr)
        self.assertFalse((self.own / "restored").exists())
        path.unlink()
        self.assertIn("is missing", self.restore("restored", check=False).stderr)
        manifest = self.backups / f"{damaged}.manifest"
        text = manifest.read_text()
        manifest.write_text(text.replace('"records_only":false', '"records_only":true'))
        self.assertIn("was altered", self.restore("restored", check=False).stderr)
        manifest.write_text(text.replace("filoscope-backup 1", "filoscope-backup 2", 1))
        self.assertIn("made by a newer release", self.restore("restored", check=False).stderr)
        self.assertFalse((self.own / "restored").exists())
        self.restore("restored", "--at", whole)
        self.is_the_installation(self.serve(self.own / "restored"), mara, jo, videos, answer)

    def objects_of(self, name):
        text = (self.backups / f"{name}.manifest").read_text().split("\n", 1)[1]
        return [one[0] for table in json.loads(text)["tables"] for one in table["parts"]["objects"]]

    def object_path(self, name):
        return self.backups / "objects" / name[:2] / name

    def test_a_restore_that_is_killed_leaves_nothing_that_serves_and_goes_again(self):
        server = self.serve()
        mara, jo, videos, answer = self.fill(server)
        self.back_up(server.folder)
        server.stop()
        self.kill_in_restore(self.own / "restored")
        refused = self.run_command("verify", "--data", self.own / "restored", check=False)
        self.assertIn("has begun and not ended", refused.stderr)
        self.restore("restored")
        self.is_the_installation(self.serve(self.own / "restored"), mara, jo, videos, answer)
        refused = self.restore("restored", check=False)
        self.assertIn("is not empty", refused.stderr)

    def test_what_was_uploaded_and_not_processed_is_processed_after_it(self):
        server = self.serve()
        mara = Client(server).sign_up("mara")
        waiting = [mara.upload(self.clip, f"waits {n}") for n in range(3)]
        server.kill()
        self.back_up(server.folder)
        self.restore()
        restored = self.serve(self.own / "restored")
        again = Client(restored, mara.token)
        for video in waiting:
            self.assertEqual(again.wait_until_processed(video)["state"], "published")
        server.start()

    def test_records_are_backed_up_before_a_newer_release_changes_them(self):
        with tarfile.open(OLD_FOLDER) as packed:
            packed.extractall(self.own)
        folder = self.own / "folder_1"
        server = self.serve(folder)
        jo = Client(server)
        told = json.loads((folder / "told.json").read_text())
        jo.token = jo.call("POST", "/sessions", {"handle": "jo", "password": told["password"]}, expect=201).json["token"]
        server.stop()
        self.backups = folder / "backups"
        listed = self.run_command("restore", self.backups, "--list").stdout.splitlines()
        self.assertEqual(len(listed), 1)
        self.assertIn("records alone", listed[0])
        refused = self.restore("restored", check=False)
        self.assertIn("holds the records alone", refused.stderr)
        self.run_command("restore", self.backups, "--data", folder, "--records")
        self.assertEqual(len(self.run_command("restore", self.backups, "--list").stdout.splitlines()), 2, "what was replaced is kept")
        self.assertEqual(self.log_version(folder), 1)
        server.start()
        self.assertEqual(jo.raw("GET", "/api/v1/me").status, 401, "the session of the newer release is not in what was put back")
        server.stop_sound(self)

    def log_version(self, folder):
        database = sqlite3.connect(f"file:{folder}/filoscope.db?mode=ro", uri=True)
        with contextlib.closing(database):
            return database.execute("SELECT max(version) FROM schema_migrations WHERE module = 'event_log'").fetchone()[0]

    def kill_in_restore(self, folder, *arguments):
        """Kills a restore whose mark stands, at a moment that differs from try to try; again until one was not ended by then."""
        mark = folder / "restore-unfinished"
        for delay_ms in itertools.cycle((0, 5, 20, 60)):
            command = [str(PROGRAM), "restore", str(self.backups), "--data", str(folder), *arguments]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not mark.exists() and process.poll() is None:
                time.sleep(0.001)
            time.sleep(delay_ms / 1000)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if mark.exists():
                return
            if "--records" not in arguments:
                shutil.rmtree(folder, ignore_errors=True)

    def test_records_are_put_back_in_place_also_after_a_kill_and_beside_the_files(self):
        server = self.serve()
        mara, jo, videos, answer = self.fill(server)
        wanted = self.back_up(server.folder)["name"]
        jo.call("POST", f"/videos/{videos[0]['id']}/comments", {"text": "goes"}, expect=201)
        server.stop()
        self.backups = pathlib.Path(shutil.copytree(self.backups, server.folder / "backups"))
        self.kill_in_restore(server.folder, "--records")
        self.assertEqual(self.run_command("verify", "--data", server.folder, check=False).returncode, 1)
        for wrong in ((), ("--records", "--at", "2020-01-01T00-00-00Z")):
            refused = self.run_command("restore", self.backups, "--data", server.folder, *wrong, check=False)
            self.assertIn("has begun and not ended", refused.stderr, wrong)
        self.assertIn(wanted, self.run_command("restore", self.backups, "--data", server.folder, "--records").stdout)
        server.start()
        self.is_the_installation(server, mara, jo, videos, answer)
        server.start()
        texts = [one["text"] for one in jo.get(f"/videos/{videos[0]['id']}/comments")["items"]]
        self.assertNotIn("goes", texts)

    def test_a_damaged_database_is_set_aside(self):
        server = self.serve()
        mara, jo, videos, answer = self.fill(server)
        self.back_up(server.folder)
        server.stop()
        with open(server.folder / "filoscope.db", "r+b") as database:
            database.seek(100)
            database.write(b"\xff" * 200_000)
        self.run_command("restore", self.backups, "--data", server.folder, "--records")
        self.assertTrue((server.folder / "filoscope.db.damaged").exists())
        server.start()
        self.is_the_installation(server, mara, jo, videos, answer)

    def test_what_belongs_to_others_is_not_touched(self):
        url = self.new_schema("others")
        other = self.serve(url=url)
        Client(other).sign_up("ada")
        server = self.serve()
        self.fill(server)
        self.back_up(server.folder)
        server.stop()
        refused = self.restore("restored", url=url, check=False)
        self.assertIn("the database has tables in it", refused.stderr)
        self.kill_in_restore(self.own / "restored")
        refused = self.restore("restored", url=url, check=False)
        self.assertIn("the database has tables in it", refused.stderr)
        refused = self.run_command("restore", self.backups, "--data", other.folder, "--records", url=url, check=False)
        self.assertIn("in use by", refused.stderr)
        other.stop()
        refused = self.run_command("restore", self.backups, "--data", other.folder, "--records", url=url, check=False)
        self.assertIn("another installation", refused.stderr)
        refused = self.run_command("backup", self.backups, "--data", other.folder, url=url, check=False)
        self.assertIn("another installation", refused.stderr)
        refused = self.run_command("backup", self.own / "more", "--data", self.own / "restored", check=False)
        self.assertIn("has begun and not ended", refused.stderr)
        other.start()
        self.assertEqual(Client(other).get("/accounts/ada")["handle"], "ada")
        server.start()

    def test_older_backups_go_when_only_some_are_kept(self):
        server = self.serve()
        mara, _, videos, _ = self.fill(server)
        self.back_up(server.folder)
        for n in range(2):
            mara.call("POST", f"/videos/{videos[0]['id']}/comments", {"text": f"later {n}"}, expect=201)
            self.back_up(server.folder, None, "--keep", "2")
        names = [line.split()[0] for line in self.run_command("restore", self.backups, "--list").stdout.splitlines()]
        self.assertEqual(len(names), 2)
        stored = {path.name for path in (self.backups / "objects").rglob("*") if path.is_file()}
        self.assertEqual({one for name in names for one in self.objects_of(name)} - stored, set())
        for name in names:
            self.run_command("restore", self.backups, "--check", "--at", name)


if __name__ == "__main__":
    unittest.main()
