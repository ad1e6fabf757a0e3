"""A mail server and a webhook of the tests' own, on the loopback interface; they keep what they are told."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

HOST = "127.0.0.1"


@dataclass
class Listener:
    """A server at work.

    Attributes:
        heard: bodies of calls, or the whole text of mails.
        commands: what a mail server was told besides.
        status: what the webhook answers with; a redirection leads to ``place``.
        seconds: how long it waits before it answers.
    """

    port: int = 0
    heard: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    status: int = 200
    place: str = ""
    seconds: float = 0.0
    refuses: str = ""


@contextmanager
def webhook() -> Iterator[Listener]:
    """A webhook."""
    made = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            time.sleep(made.seconds)
            self.send_response(made.status)
            if made.place:
                self.send_header("Location", made.place)
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    with _serving(HTTPServer((HOST, 0), Handler), made):
        yield made


@contextmanager
def mail_server() -> Iterator[Listener]:
    """A mail server that knows as much of RFC 5321 as a client needs, and no STARTTLS."""
    made = Listener()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            time.sleep(made.seconds)
            self.say("220 test")
            for line in self.rfile:
                word = line.decode().strip()
                made.commands.append(word)
                if made.refuses and word.upper().startswith(made.refuses):
                    self.say("550 no")
                elif word.upper() == "DATA":
                    self.say("354 go on")
                    self.take()
                elif word.upper() == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 test")

        def take(self) -> None:
            lines = []
            for line in self.rfile:
                if line == b".\r\n":
                    break
                lines.append(line.decode())
            made.heard.append("".join(lines))
            self.say("250 taken")

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with _serving(socketserver.ThreadingTCPServer((HOST, 0), Handler), made):
        yield made


@contextmanager
def _serving(server: socketserver.TCPServer, made: Listener) -> Iterator[None]:
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
