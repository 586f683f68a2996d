"""Every odd file of the shared folder, uploaded over HTTP: published and played in Chromium to its end, or refused in a sentence that names
the cause. A long one: FILOSCOPE_ALL=yes, with FILOSCOPE_SHARED naming the folder. FILOSCOPE_ODD=word,… picks files, FILOSCOPE_SHOTS keeps the covers."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import ROOT, Client, Server

SHARED = pathlib.Path(os.environ.get("FILOSCOPE_SHARED", ROOT.parent / "shared")) / "media/odd"
WORDS = [word for word in os.environ.get("FILOSCOPE_ODD", "").split(",") if word]
SHOTS = os.environ.get("FILOSCOPE_SHOTS")
NEVER_A_VIDEO = {  # and what the sentence has to name
    "audio_mdn_countdown.mp3": "sound but no picture",
    "gen_audio_only.mp4": "sound but no picture",
    "sample_audio_only.mp4": "sound but no picture",
    "gen_ftyp_only.mp4": "no index",
    "gen_jpeg_named.mp4": "still picture",
    "gen_random_bytes.mp4": "not a video",
    "gen_truncated_flower.mp4": "cut off",
    "gen_truncated_moov_at_end_or_mid.mp4": "cut off",
    "gen_zero_length.mp4": "empty",
    "sample_ac4_protected.mp4": "sound but no picture",
    "sample_vvc.mp4": "stored as",
    "subsample_encrypted_altref.webm": "encrypted",
}


class OddFiles(unittest.TestCase):
    def test_each_is_published_and_plays_or_is_refused_by_its_cause(self):
        if os.environ.get("FILOSCOPE_ALL") != "yes":
            self.skipTest("a long one: FILOSCOPE_ALL=yes runs it")
        files = [path for path in sorted(SHARED.glob("*")) if not WORDS or any(word in path.name for word in WORDS)]
        if not files:
            self.skipTest(f"no files in {SHARED}; FILOSCOPE_SHARED names another folder")
        server = Server(settings={"upload.per_day_max": 1000})
        client = Client(server).sign_up("odd")
        waiting = [(path.name, self.send(client, path)) for path in files]
        outcomes = {name: outcome if isinstance(outcome, dict) else client.wait_until_processed(outcome, 1800) for name, outcome in waiting}
        published = [{"name": name, "video": video} for name, video in outcomes.items() if video["state"] == "published"]
        self.keep_covers(client, published)
        problems = self.play(server, published)
        for name, video in outcomes.items():
            words = f"{video['width']}x{video['height']}, {video['duration_ms'] / 1000:.2f} s" if video["state"] == "published" else video["error"]
            print(f"  {name:52} {video['state']:10} {words} {problems.get(name) or ''}")
        for name, video in outcomes.items():
            if video["state"] == "failed":
                self.assertRegex(video["error"], r"^\w.{14,}[\w)]$", name)
                self.assertNotRegex(video["error"], "broke off|took too long|Something went wrong", name)
        self.assertEqual({name: problem for name, problem in problems.items() if problem}, {})
        for name, cause in NEVER_A_VIDEO.items():
            if name in outcomes:
                self.assertEqual(outcomes[name]["state"], "failed", name)
                self.assertRegex(outcomes[name]["error"], cause, name)
        server.stop()
        self.assertEqual(server.verify().returncode, 0)
        server.close()

    @staticmethod
    def send(client, path):
        """The new video's id, or the refusal that came at once."""
        try:
            return client.upload(path, path.name)
        except AssertionError as refused:
            answer = refused.args[1]
            if answer.status != 400:
                raise
            return {"state": "failed", "error": answer.json["detail"]}

    @staticmethod
    def keep_covers(client, published):
        for one in published if SHOTS else []:
            for number, address in enumerate(one["video"]["playback"]["covers"][:2]):
                (pathlib.Path(SHOTS) / f"{one['name']}.{number}.jpg").write_bytes(client.raw("GET", address).body)

    def play(self, server, published):
        """What went wrong while playing, by file."""
        done = subprocess.run(["node", str(ROOT / "tests/browser/play_renditions.mjs")], input=json.dumps(published), capture_output=True, text=True,
                              env={**os.environ, "FILOSCOPE_URL": f"http://localhost:{server.port}"}, check=False, timeout=3600)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-3000:])
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]  # node:test, which lib.mjs loads, adds its own
        self.assertEqual([line["name"] for line in lines], [one["name"] for one in published])
        for line, one in zip(lines, published, strict=True):
            if not line["problems"]:
                self.assertEqual(len(line["played"]), 2 * len(one["video"]["playback"]["renditions"]))
        return {line["name"]: "; ".join(line["problems"]) for line in lines}


if __name__ == "__main__":
    unittest.main()
