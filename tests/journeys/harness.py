"""What the journeys share: the real program on a free port, an HTTP client, real clips made by ffmpeg, and JUnit output."""

import atexit
import colorsys
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("FILOSCOPE_PROGRAM", ROOT / "build/release/bin/filoscope"))
PASSWORD = "correct horse battery"
TUS = {"Tus-Resumable": "1.0.0"}
START_TIMEOUT_S = 120
ON_POSTGRES = os.environ.get("FILOSCOPE_JOURNEYS_ON") == "postgres"
needs_sqlite = unittest.skipIf(ON_POSTGRES, "looks into the data folder's own database")
SERVERS = []  # all that are not closed: what a failure's trace tells of, and what is ended at the end


class Server:
    """`filoscope serve` on a data folder of its own; `kill` is SIGKILL, `stop` is SIGTERM and must end with 0."""

    def __init__(self, data=None, settings=None, arguments=(), environment=None):
        self.folder = pathlib.Path(data or tempfile.mkdtemp(prefix="filoscope-test-"))
        self.own_folder = data is None
        # What clips are looked at for is not what most journeys are about, whatever lies beside the checkout.
        self.settings = {"accounts.password_memory_bytes": 8 << 20, "safety.model": "none", "reading.enabled": "false",
                         **(settings or {})}
        self.arguments = list(arguments)
        self.environment = {**database_of(self.folder), **(environment or {})}
        self.process = None
        self.port = 0
        self.log_path = self.folder.parent / (self.folder.name + ".log")
        SERVERS.append(self)
        self.start()

    def start(self, port=0):
        environment = {**os.environ, **self.environment}
        for name, value in self.settings.items():
            environment["FILOSCOPE_" + name.upper().replace(".", "_")] = str(value)
        command = [str(PROGRAM), "serve", "--data", str(self.folder), "--listen", f"127.0.0.1:{port}",
                   "--log-format", "json", *self.arguments]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        ready, _, _ = select.select([self.process.stdout], [], [], START_TIMEOUT_S)
        if not ready:
            self.process.kill()
        line = self.process.stdout.readline()
        if not line.startswith("ready http://"):
            raise RuntimeError(f"server said {line!r}; its log ends with:\n{self.log_path.read_text()[-3000:]}")
        self.port = int(line.strip().rsplit(":", 1)[1])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def children(self):
        """The process ids of its living children."""
        return [pid for pid, parent, state in processes() if parent == self.process.pid and state not in "ZX"]

    def workers(self, role="media-worker"):
        """Those of its children that do this."""
        return [pid for pid in self.children() if role in arguments_of(pid)]

    def a_worker(self):
        """The process id of a media worker, once one runs."""
        return wait_for("a media worker", lambda: next(iter(self.workers()), None))

    def kill_worker(self, pid):
        """Kills one media worker and waits until it is gone."""
        os.kill(pid, signal.SIGKILL)
        wait_for(f"the end of the worker {pid}", lambda: pid not in self.workers())

    def kill(self):
        """The server and its workers, as one: when it returns none of them runs any more."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)  # so that it starts no further worker meanwhile
            children = self.children()
            for pid in (*children, self.process.pid):
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            wait_for(f"the end of its children {children}",
                     lambda: not any(pid in children and state not in "ZX" for pid, _, state in processes()))
        self.process.stdout.close()

    def trace(self):
        """How it is, and the end of its log: everything above "info", then the last lines."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        lines = text.splitlines()
        told = [line for line in lines if '"level":"info"' not in line]
        status = self.process.poll() if self.process else None
        return "\n".join([f"--- server {self.folder}, " + ("running" if status is None else f"ended with {status}"),
                          *told[-60:], "--- the last lines of its log", *lines[-40:]])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(timeout=60)
            self.process.stdout.close()
            if status != 0:
                raise RuntimeError(f"server ended with {status}:\n{self.log_path.read_text()[-3000:]}")

    def command(self, *arguments, check=True):
        done = subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, **self.environment})
        if check and done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def verify(self):
        return self.command("verify", "--data", str(self.folder), check=False)

    def stop_sound(self, test):
        """Stops it and asserts that `filoscope verify` finds nothing in what it leaves."""
        self.stop()
        checked = self.verify()
        test.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def close(self):
        self.stop()
        SERVERS.remove(self)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.log_path.unlink(missing_ok=True)


def database_of(folder):
    """With FILOSCOPE_JOURNEYS_ON=postgres each data folder has its records in a schema of the server beside these tests."""
    if not ON_POSTGRES:
        return {}
    return {"FILOSCOPE_DATABASE_URL": schema_url(os.environ["FILOSCOPE_TEST_POSTGRES"], folder.name)}


def schema_url(server, schema):
    """The address of a schema of a PostgreSQL server; it is made when missing."""
    subprocess.run(["psql", "--quiet", server, "--command", f'SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS "{schema}"'],
                   check=True)
    return f"{server}&options=-csearch_path%3D%22{schema}%22"


def wait_for(what, condition, timeout_s=60):
    """Asks until the answer is true, and gives it."""
    deadline = time.monotonic() + timeout_s
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.01)
    return answer


def processes():
    """(id, parent's id, state) of every process, as /proc/ID/stat has them after the name in brackets."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            state, parent = pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone meanwhile
        yield int(entry.name), int(parent), state


def arguments_of(pid):
    """What a process was called with; nothing when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """One person's program: keeps a connection and a bearer token."""

    def __init__(self, server, token=None):
        self.server = server
        self.token = token
        self.connection = None
        self.handle = None

    def raw(self, method, path, body=None, headers=None):
        sent = dict(headers or {})
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = "Bearer " + self.token
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.connection.request(method, path, body=body, headers=sent)
                response = self.connection.getresponse()
                fields = {}
                for name, value in response.getheaders():
                    fields[name.lower()] = fields[name.lower()] + "\n" + value if name.lower() in fields else value
                return Answer(response.status, fields, response.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                self.connection = None
                if attempt == 1 or method not in ("GET", "HEAD", "PUT", "DELETE"):
                    raise

    def call(self, method, path, body=None, expect=None, headers=None):
        data = None
        sent = dict(headers or {})
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        answer = self.raw(method, "/api/v1" + path, data, sent)
        if expect is not None and answer.status != expect:
            raise AssertionError(f"{method} {path}: {answer.status}, not {expect}: {answer.body[:500]!r}")
        return answer

    def get(self, path, expect=200):
        return self.call("GET", path, expect=expect).json

    def sign_up(self, handle, **more):
        form = {"handle": handle, "password": PASSWORD, "birth_date": "1990-05-05", **more}
        answer = self.call("POST", "/accounts", form, expect=201).json
        self.token, self.handle = answer["token"], handle
        return self

    def guest(self):
        self.token = self.call("POST", "/tokens/guest", {}, expect=201).json["token"]
        return self

    def upload(self, path, caption, **fields):
        boundary = uuid.uuid4().hex
        parts = [("caption", None, caption.encode())]
        parts += [(name, None, str(value).encode()) for name, value in fields.items()]
        parts.append(("file", pathlib.Path(path).name, pathlib.Path(path).read_bytes()))
        body = b""
        for name, filename, content in parts:
            disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
            body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        answer = self.raw("POST", "/api/v1/videos", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        if answer.status != 202:
            raise AssertionError(f"upload: {answer}", answer)
        return answer.json["video"]["id"]

    def wait_until_processed(self, video, timeout_s=120):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            answer = self.call("GET", f"/videos/{video}")
            if answer.status == 200 and answer.json["state"] in ("published", "failed"):
                return answer.json
            time.sleep(0.1)
        raise AssertionError(f"{video} is still not processed: {answer}")

    def publish(self, path, caption, **fields):
        video = self.wait_until_processed(self.upload(path, caption, **fields))
        if video["state"] != "published":
            raise AssertionError(f"not published: {video.get('error')}")
        return video

    def feed(self, mode="for_you", limit=8, **query):
        return self.get("/feed?" + urllib.parse.urlencode({"mode": mode, "limit": limit, **query}))

    def send(self, *events):
        return self.call("POST", "/events", {"events": list(events)}, expect=202).json

    def swipe(self, item, share=1.0, **more):
        """Watches `share` of a clip and swipes on."""
        duration = item["video"]["duration_ms"]
        watched = int(duration * share)
        return self.send(
            {"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "impression"},
            {"event_id": uuid.uuid4().hex, "impression_token": item["impression_token"], "event": "watch", "watch_ms": watched,
             "watched": [[0, watched]] if watched else [], "ended": "swipe", "sound": True, **more})


def clip_folder():
    """A folder for clips, gone when the tests are through."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-clips-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def colour(hue, value):
    return "0x" + "".join(f"{round(part * 255):02x}" for part in colorsys.hsv_to_rgb(hue, 0.7, value))


def make_clip(path, seconds=2.0, size="180x320", seed=0, sound=True, extra=()):
    """A small real clip; every seed gives other colours, another picture that moves otherwise, and another tone."""
    light, dark = (colour(seed * 47 % 360 / 360, value) for value in (0.95, 0.3))
    cells = f"life=size=12x20:rate=5:ratio=0.4:seed={seed + 1}:life_color={light}:death_color={dark}"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y",
               "-f", "lavfi", "-i", f"{cells},fps=25,trim=duration={seconds},scale={size.replace('x', ':')}:flags=neighbor,setsar=1"]
    if sound:
        command += ["-f", "lavfi", "-i", f"sine=frequency={220 + seed * 13 % 900}:duration={seconds}", "-c:a", "aac", "-b:a", "64k"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *extra, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


class JunitResult(unittest.TextTestResult):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.cases = []
        self.began = 0.0

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def note(self, test, kind=None, text=""):
        if kind in ("error", "failure"):
            text = "\n".join([text, *(server.trace() for server in SERVERS)])
        text = "".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in text)  # what XML may hold
        self.cases.append((test.id(), time.monotonic() - self.began, kind, text))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "error", self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failure", self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(subtest, "failure", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)


def main(modules, junit_path):
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromName(name) for name in modules)
    result = unittest.TextTestRunner(verbosity=2, resultclass=JunitResult).run(suite)
    root = ElementTree.Element("testsuite", name="journeys")
    for name, seconds, kind, text in result.cases:
        case = ElementTree.SubElement(root, "testcase", name=name, time=f"{seconds:.3f}")
        if kind:
            ElementTree.SubElement(case, kind).text = text
    ElementTree.ElementTree(root).write(junit_path, encoding="utf-8")
    for server in SERVERS:  # of tests that failed
        server.kill()
    return 0 if result.wasSuccessful() else 1
