"""The served recommender on logs, beside plain methods: never below popularity or item-kNN, and learning is what does it. Generated logs
always; parts of real ones where FILOSCOPE_SHARED (or ../shared) has them."""

import gzip
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from harness import PROGRAM, ROOT

DATA = pathlib.Path(os.environ.get("FILOSCOPE_SHARED", ROOT.parent / "shared")) / "data"


def tastes(seed):
    """People of 12 tastes, which drift, and items of which few are had by many: (person, item, second, value)."""
    source = random.Random(seed)
    topics = [[item for item in range(360) if item % 12 == topic] for topic in range(12)]
    fame = {item: source.paretovariate(1.1) for item in range(360)}
    likes = [source.sample(range(12), 2) for _ in range(300)]
    had = [set() for _ in likes]
    events = []
    for second in range(9000):
        person = source.randrange(len(likes))
        if source.random() < 0.01:
            likes[person] = source.sample(range(12), 2)
        topic = source.choice(likes[person]) if source.random() < 0.85 else source.randrange(12)
        left = [item for item in topics[topic] if item not in had[person]]
        if not left:
            continue
        item = source.choices(left, [fame[item] for item in left])[0]
        had[person].add(item)
        events.append((person, item, second, 1))
    return events


def chains(seed):
    """Items lie in series: what comes next is the next of the series she is in, more often than not."""
    source = random.Random(seed)
    at = [source.randrange(40) * 10 for _ in range(300)]
    had = [set() for _ in at]
    events = []
    for second in range(7000):
        person = source.randrange(len(at))
        item = at[person] + 1
        if item % 10 == 0 or source.random() < 0.3:
            item = source.randrange(400)
        at[person] = item
        if item not in had[person]:
            had[person].add(item)
            events.append((person, item, second, 1))
    return events


def real(path, events_max=None, people_share=1.0):
    """Lines of a real log: the first ones, or those of a part of its people."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]
    people = sorted({row[0] for row in rows})
    kept = set(random.Random(5).sample(people, int(len(people) * people_share)))
    return [row for row in rows if row[0] in kept][:events_max]


def by_time(rows):
    return sorted(rows, key=lambda row: float(row[2]))


class Quality(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="filoscope-quality-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, rows):
        path = self.folder / name
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def measure(self, metric, *arguments):
        command = [str(PROGRAM), "eval", *arguments, "--no-learning"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        others = {name: figures[metric] for name, figures in found["baselines"].items() if metric in figures}
        off = found["arms"]["learning_off"]
        print(f"  {self.id().rsplit('.', 1)[-1]:44} {metric} {found[metric]:.4f}; learning off {off[metric]:.4f}; {others}")
        self.assertGreaterEqual(len(others), 2, found["baselines"])
        for name, figure in others.items():
            self.assertGreaterEqual(found[metric], figure, f"below {name}")
        self.assertGreater(off["engine_minus_this"][metric]["low"], 0, "without learning it is as good")

    def rank(self, name, rows):
        self.measure("hit_rate_at_k", "--log", self.write(name, rows), "--protocol", "prequential", "--baselines", "popularity,recent_item_knn")

    def split(self, log, test, *more):
        self.measure("recall_at_k", "--log", log, *test, "--protocol", "split", "--baselines", "popularity,item_knn", *more)

    def test_tastes_in_the_order_of_time(self):
        self.rank("tastes.tsv", tastes(1))

    def test_series_in_the_order_of_time(self):
        self.rank("chains.tsv", chains(2))

    def test_tastes_with_a_part_held_out(self):
        self.split(self.write("tastes.tsv", tastes(3)), ["--holdout", "0.2"])

    def test_likes_and_dislikes_are_told_apart(self):
        source = random.Random(4)
        camps = [(person, item, second, 5 if (person % 2 == item % 2) == (source.random() < 0.9) else 1)
                 for second in range(8000) for person, item in [(source.randrange(200), source.randrange(120))]]
        log = self.write("camps.tsv", camps)
        self.measure("auc", "--log", log, "--protocol", "ctr", "--positive", "value>=4", "--baselines", "item_mean,logistic_regression")

    def shared(self, name):
        path = DATA / name
        if not path.exists():
            self.skipTest(f"no {path}; FILOSCOPE_SHARED names another folder")
        return path

    def test_films_in_the_order_of_time(self):
        self.rank("films.tsv", by_time(real(self.shared("ml-latest-small/events.tsv.gz"))) [:25_000])

    def test_films_liked_and_not(self):
        log = self.write("films.tsv", by_time(real(self.shared("ml-latest-small/events.tsv.gz")))[:25_000])
        self.measure("auc", "--log", log, "--protocol", "ctr", "--positive", "value>=4", "--baselines", "item_mean,user_item_mean")

    def test_artists_with_a_part_held_out(self):
        rows = real(self.shared("lastfm-lightgcn/train.tsv.gz"), people_share=0.4)
        self.split(self.write("artists.tsv", rows), ["--holdout", "0.2"])

    def test_short_videos(self):
        self.split(str(self.shared("tiktok-diffmm/train.tsv.gz")), ["--test", str(self.shared("tiktok-diffmm/valid.tsv.gz"))])


if __name__ == "__main__":
    unittest.main()
