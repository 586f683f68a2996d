#!/usr/bin/env python3
"""Does the feed learn? A crowd with known tastes swipes through the real HTTP interface.

Twelve topics carried only by hashtag, caption and sound; videos of 2 s through the real pipeline, by authors that have nothing to do with
the topic. Each viewer likes 2 topics (watched share Beta with mean .80), is neutral to 8 (.30) and dislikes 2 (.08). She behaves as the app
does: after every swipe the event goes out and a new tail is asked for, the one pre-rendered clip stays.

  learning.py [--viewers 200] [--videos 300] [--swipes 60] [--seeds 1,2,3,4,5] [--json FILE]

Prints the watched share over the last 20 swipes in `for_you` and in `not_profiled`, with the ceilings of perfect knowledge and of random
order; then the paired effect of a first "not interested". Exit 1 when the lower 95 % bound of the ratio is below 1.3, or p >= .01.
"""

import argparse
import concurrent.futures
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import uuid
import wave

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/journeys"))
from harness import Client, Server  # noqa: E402

TOPICS = ["ceramics", "surfing", "chess", "baking", "trains", "astronomy", "knitting", "boxing", "gardening", "jazz", "origami", "climbing"]
WORDS = {topic: [f"{topic}{suffix}" for suffix in ("time", "lover", "daily", "tips", "world")] for topic in TOPICS}
LIKED, NEUTRAL, DISLIKED = (8.0, 2.0), (3.0, 7.0), (0.8, 9.2)
AUTHORS = 15
THREADS = 4


class Viewer:
    def __init__(self, server, random_source, mode):
        self.client = Client(server).guest()
        self.random = random_source
        topics = random_source.sample(TOPICS, 4)
        self.liked, self.disliked = set(topics[:2]), set(topics[2:])
        self.mode = mode
        self.queue, self.cursor, self.seen, self.shares = [], "", set(), []

    def taste(self, topic):
        return LIKED if topic in self.liked else DISLIKED if topic in self.disliked else NEUTRAL

    def refill(self):
        if self.mode == "not_profiled":
            if len(self.queue) < 2:
                answer = self.client.feed(self.mode, limit=20, **({"cursor": self.cursor} if self.cursor else {}))
                self.queue += answer["items"]
                self.cursor = answer["cursor"]
        else:
            held = self.queue[:1]
            answer = self.client.feed(self.mode, limit=8, **({"held": held[0]["video"]["id"]} if held else {}))
            self.queue = held + answer["items"]

    def swipe(self):
        if not self.queue:
            self.refill()
        item = self.queue.pop(0)
        video = item["video"]["id"]
        if item["repeat"] or video in self.seen:
            raise AssertionError("a repeat before everything was seen")
        self.seen.add(video)
        share = self.random.betavariate(*self.taste(item["video"]["hashtags"][0]))
        self.shares.append(share)
        if self.mode == "for_you":
            self.client.swipe(item, share)
            self.queue = self.queue[:1]
        self.refill()


def write_melody(path, topic):
    """Two seconds of a tune of its own for each topic: eight notes with a few harmonics."""
    rate, notes = 16000, random.Random(topic).sample(range(48, 84), 8)
    samples = []
    for number in range(2 * rate):
        seconds = number / rate
        frequency = 440 * 2 ** ((notes[int(seconds * 4)] - 69) / 12)
        fade = math.exp(-4 * (seconds % 0.25))
        samples.append(int(9000 * fade * sum(math.sin(2 * math.pi * frequency * h * seconds) / h for h in (1, 2, 3))))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def make_videos(server, count, folder):
    """One clip per topic and number: the topic's own melody, a plain moving picture that says nothing of it."""
    source = random.Random(1)
    for topic in TOPICS:
        write_melody(folder / f"{topic}.wav", topic)
    authors = [Client(server).sign_up(f"author{i}") for i in range(AUTHORS)]
    waiting = []
    for number in range(count):
        topic = TOPICS[number % len(TOPICS)]
        path = folder / f"{number}.mp4"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size=90x160:rate=15:duration=2,hue=h={number * 37 % 360}",
                        "-i", str(folder / f"{topic}.wav"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                        "-c:a", "aac", "-b:a", "48k", str(path)], check=True)
        author = source.choice(authors)
        caption = f"{' '.join(source.sample(WORDS[topic], 2))} #{topic}"
        waiting.append((author, author.upload(path, caption)))
        path.unlink()
    for author, video in waiting:
        state = author.wait_until_processed(video, 600)
        if state["state"] != "published":
            raise RuntimeError(f"not published: {state.get('error')}")


def run_arm(server, mode, viewers_count, swipes, seed):
    viewers = [Viewer(server, random.Random(f"{seed}/{mode}/{i}"), mode) for i in range(viewers_count)]
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for _ in range(swipes):
            list(pool.map(Viewer.swipe, viewers))
    return sum(sum(v.shares[-20:]) / 20 for v in viewers) / viewers_count


def not_interested_effect(server, viewers_count, seed):
    """The topic's share of the answer before and after the first "not interested"; the clip itself is left out of both."""
    differences = []
    for number in range(viewers_count):
        viewer = Viewer(server, random.Random(f"ni/{seed}/{number}"), "for_you")
        for _ in range(3):
            viewer.swipe()
        before = viewer.client.feed(limit=20)["items"]
        item = before[0]
        topic, video = item["video"]["hashtags"][0], item["video"]["id"]
        viewer.client.send({"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "not_interested"})
        after = viewer.client.feed(limit=20)["items"]
        share = [sum(i["video"]["hashtags"][0] == topic for i in items if i["video"]["id"] != video) / max(1, len([i for i in items if i["video"]["id"] != video]))
                 for items in (before, after)]
        differences.append(share[1] - share[0])
    mean = sum(differences) / len(differences)
    deviation = math.sqrt(sum((d - mean) ** 2 for d in differences) / (len(differences) - 1))
    t = mean / (deviation / math.sqrt(len(differences))) if deviation else 0.0
    return {"mean_change": mean, "p": 0.5 * math.erfc(-t / math.sqrt(2)), "viewers": len(differences)}


def mean_and_lower_bound(values):
    """Mean and lower end of the two-sided 95 % interval (Student)."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, mean
    t95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}[min(10, len(values))]
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return mean, mean - t95 * deviation / math.sqrt(len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--videos", type=int, default=300)
    parser.add_argument("--swipes", type=int, default=60)
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--json")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-learning-"))
    # On a slow machine a viewer's turn comes after minutes.
    settings = {"upload.per_day_max": 1000, "api.idle_s": 3600}
    server = Server(data=folder / "published", settings=settings)
    make_videos(server, options.videos, folder)
    server.stop()
    rows = []
    for seed in seeds:
        subprocess.run(["cp", "-r", str(folder / "published"), str(folder / f"seed{seed}")], check=True)
        server = Server(data=folder / f"seed{seed}", settings=settings)
        profiled = run_arm(server, "for_you", options.viewers, options.swipes, seed)
        plain = run_arm(server, "not_profiled", options.viewers, options.swipes, seed)
        row = {"seed": seed, "for_you": profiled, "not_profiled": plain, "ratio": profiled / plain}
        if seed == seeds[0]:
            effect = not_interested_effect(server, min(100, options.viewers), seed)
        rows.append(row)
        print(json.dumps(row), flush=True)
        server.stop()
        checked = server.verify()
        if checked.returncode != 0:
            raise RuntimeError(checked.stdout)
        subprocess.run(["rm", "-rf", str(folder / f"seed{seed}")], check=True)
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    ratio, lower = mean_and_lower_bound([row["ratio"] for row in rows])
    random_order = (2 * 0.8 + 8 * 0.3 + 2 * 0.08) / 12
    report = {"rows": rows, "ratio": ratio, "ratio_lower_95": lower, "ceiling_perfect_knowledge": 0.80, "random_order": random_order,
              "not_interested": effect, "viewers": options.viewers, "videos": options.videos, "swipes": options.swipes}
    print(json.dumps(report, indent=1))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report))
    return 0 if lower >= 1.3 and effect["p"] < 0.01 and effect["mean_change"] < 0 else 1


if __name__ == "__main__":
    sys.exit(main())
