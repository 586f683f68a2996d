#!/usr/bin/env python3
"""Runs a command beside a PostgreSQL server of its own, in a temporary folder and on a socket there.

    with_postgres.py COMMAND [ARGUMENT...]

The command finds the server's address in FILOSCOPE_TEST_POSTGRES. Without Debian's postgresql-15 the command runs without it, and says so.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
SETTINGS = [
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_pred_locks_per_transaction=256",
    "log_min_messages=fatal",
]


class Server:
    """A server in a folder; `initdb` refuses root, so it runs as the user `postgres` then."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.data = folder / "data"
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.geteuid() == 0 else []
        self.url = f"postgresql:///postgres?host={folder}&user=filoscope"

    def make(self) -> None:
        if self.as_user:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "filoscope", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")

    def start(self) -> None:
        options = " ".join(f"-c {setting}" for setting in [*SETTINGS, f"unix_socket_directories={self.folder}"])
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.folder / "log", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", mode)

    def _run(self, program: str, *arguments) -> None:
        subprocess.run([*self.as_user, PROGRAMS / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")


def main() -> int:
    if not (PROGRAMS / "initdb").exists():
        print("with_postgres.py: postgresql-15 is not installed; what needs it is left out", file=sys.stderr)
        return subprocess.run(sys.argv[1:]).returncode
    folder = pathlib.Path(tempfile.mkdtemp(prefix="filoscope-postgres-"))
    server = Server(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = False
    try:
        server.make()
        server.start()
        started = True
        return subprocess.run(sys.argv[1:], env={**os.environ, "FILOSCOPE_TEST_POSTGRES": server.url}).returncode
    finally:
        if started:
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
