"""What runs the built web app in Chromium against the real server with real clips.

A server with published clips of several topics; tests/browser/run.mjs runs a file, and its lines become JUnit.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/journeys"))
from harness import Client, Server, clip_folder, make_clip  # noqa: E402

TOPICS = ["ceramics", "trains", "baking", "surfing"]
CLIPS = 24


def own_host():
    """By name, as people open it; a minimal system without /etc/hosts knows the number only."""
    try:
        socket.getaddrinfo("localhost", None)
        return "localhost"
    except OSError:
        return "127.0.0.1"


def filled_server():
    """A server with the web app and the clips that the browser's tests expect."""
    server, folder = Server(arguments=["--web", str(ROOT / "web/dist")]), clip_folder()
    authors = [Client(server).sign_up(f"maker.{topic}", display_name=f"{topic.capitalize()} maker") for topic in TOPICS]
    waiting = []
    for number in range(CLIPS):
        topic = number % len(TOPICS)
        clip = make_clip(folder / f"{number}.mp4", seconds=3 + number % 3, size="360x640", seed=number)
        waiting.append((authors[topic], authors[topic].upload(clip, f"Clip {number} about {TOPICS[topic]} #{TOPICS[topic]}")))
    for author, video in waiting:
        state = author.wait_until_processed(video, 300)
        if state["state"] != "published":
            raise RuntimeError(f"not published: {state.get('error')}")
    return server


def run_file(name, junit, server):
    """(passed, output) of one file of tests; `junit` is written."""
    environment = {**os.environ, "FILOSCOPE_URL": f"http://{own_host()}:{server.port}"}
    done = subprocess.run(["node", str(ROOT / "tests/browser/run.mjs"), name], capture_output=True, text=True, env=environment, check=False)
    as_junit(name, done.stdout).write(junit)
    return done.returncode == 0, done.stdout + done.stderr[-3000:]


def as_junit(name, output):
    suite = ElementTree.Element("testsuite", name=f"browser.{name}")
    lines = output.splitlines()
    for line in lines:
        found = re.match(r"(ok|FAILED|skipped: [^ ].*?)  (.+?)(?: \(([\d.]+) s\))?$", line)
        if not found:
            continue
        case = ElementTree.SubElement(suite, "testcase", name="browser." + found.group(2), time=found.group(3) or "0")
        if found.group(1) == "FAILED":
            ElementTree.SubElement(case, "failure").text = "\n".join(x for x in lines if x.startswith("- " + found.group(2)))
        elif found.group(1) != "ok":
            ElementTree.SubElement(case, "skipped").text = found.group(1)
    return ElementTree.ElementTree(suite)
