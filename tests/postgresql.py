"""A PostgreSQL server of the tests' own, in a temporary folder, run by an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

OWNER, OWNER_PASSWORD = "owner", "owner-pass-word-7391"
ORDINARY = ("postgres", "nobody")


@dataclass(frozen=True)
class Server:
    """A server that listens on this machine; whatever it is asked stands in its log."""

    programs: Path
    folder: Path
    port: int

    @property
    def log(self) -> Path:
        """What it was asked and said."""
        return self.folder / "log"

    def url(self, user: str = OWNER, password: str = OWNER_PASSWORD) -> str:
        """Its address."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-l", self.log, "-o", f"{options} -c log_statement=all")

    def stop(self) -> None:
        """Stop at once, as a crash does."""
        self._run("pg_ctl", "stop", "-m", "immediate")

    def sql(self, text: str) -> list[str]:
        """Run statements as the owner; the rows of the last."""
        command = [self.programs / "psql", self.url(), "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def create(self) -> None:
        """Make the cluster."""
        password = self.folder / "password"
        password.write_text(OWNER_PASSWORD)
        self._hand_over()
        arguments = ("-A", "scram-sha-256", "-U", OWNER, "-N", "-E", "UTF8", "--no-locale")
        self._run("initdb", *arguments, f"--pwfile={password}")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={_ordinary()}", "--clear-groups", *command]
        # A server that was started keeps what it inherits, so its output is no pipe that somebody waits for.
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def _hand_over(self) -> None:
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, _ordinary())


def _ordinary() -> str:
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in ORDINARY if name in known)


def new_server(programs: Path, folder: Path) -> Server:
    """Make a server in an empty folder that everybody may pass through, and start it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(programs, folder, port)
    server.create()
    server.start()
    return server
