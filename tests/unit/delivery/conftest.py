"""Receivers that are really there: an SMTP sink, and HTTP servers that behave or misbehave."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from delivery.message import Link, Message

SAID = Message(
    "Card failures",
    "€1,200 an hour at risk: 42 people could not pay",
    "key-1",
    lines=("<b>7 failures</b> in the last hour, the limit is 3",),
    facts=(("Verdict", "product"), ("Since", "09:15")),
    links=(Link("Open", "https://vigie.example/alerts?id=1"),),
    severity="critical",
    event="fired",
    data={"group": "g1"},
)


class Sink:
    """Keeps every mail; `code` answers each instead, where set."""

    def __init__(self) -> None:
        self.mails: list = []
        self.code = ""

    async def handle_DATA(self, server: SMTP, session: object, envelope) -> str:
        if self.code:
            return self.code
        self.mails.append(envelope)
        return "250 kept"


@pytest.fixture
def sink():
    kept = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    kept.url = f"smtp://127.0.0.1:{port}"
    yield kept
    controller.stop()


@pytest.fixture
def receiver():
    """An HTTP server; `receiver.answers` maps a path to (status, headers, body pieces)."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append((self.path, dict(self.headers), body))
            status, headers, pieces = server.answers.get(self.path, (200, {}, [b"ok"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
            except OSError:
                server.cut.set()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.seen, server.answers, server.cut = [], {}, threading.Event()
    server.at = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
