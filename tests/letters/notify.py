"""A stand-in for GOV.UK Notify that keeps what it was given, and can misbehave in every way that the real one does.

In one process it takes the place of the library's own requests; over loopback it is a small server of its own.
"""

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

KEY = "tests-" + str(uuid.UUID(int=1)) + "-" + str(uuid.UUID(int=2))
TEMPLATES = {"NOTIFY_TEXT_TEMPLATE": "text", "NOTIFY_EMAIL_TEMPLATE": "email", "NOTIFY_FILE_TEMPLATE": "file"}
Answer = tuple[int, Any]
"""An HTTP status, and what is sent as JSON; bytes are sent as they are."""


@dataclass
class FakeNotify:
    """`taken` is what was accepted. `fault` is asked before each answer: it may raise, or answer in its place."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    before: Callable[[str, str], Answer | None] = lambda method, path: None
    """Asked before anything is done: nothing is taken if it answers."""
    after: Callable[[str, str], Answer | None] = lambda method, path: None
    """Asked when all is done: what is lost on the way back."""

    def answer(self, method: str, url: str, body: dict[str, Any]) -> Answer:
        parts = urlsplit(url)
        self.asked.append(f"{method} {parts.path}")
        return self.before(method, parts.path) or self._do(method, parts.path, parse_qs(parts.query), body)

    def answer_after(self, method: str, url: str, body: dict[str, Any]) -> Answer:
        answer = self.answer(method, url, body)
        return self.after(method, urlsplit(url).path) or answer

    def _do(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Answer:
        if method == "POST":
            row = {"id": str(uuid.uuid4()), "status": "created", **body}
            self.taken.append(row)
            return 201, {"id": row["id"], "reference": body.get("reference")}
        if path == "/v2/notifications":
            found = [row for row in self.taken if row.get("reference") in query.get("reference", [])]
            return 200, {"notifications": found, "links": {}}
        wanted = path.rpartition("/")[2]
        found = [row for row in self.taken if row["id"] == wanted]
        return (
            (200, found[0]) if found else (404, {"errors": [{"error": "NoResultFound", "message": "No result found"}]})
        )


def response(answer: Answer) -> requests.Response:
    status, content = answer
    made = requests.Response()
    made.status_code = status
    made._content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return made


def in_process(fake: FakeNotify, monkeypatch: Any) -> None:
    """Let the library's requests be answered here, without a socket."""

    def request(_session: object, method: str, url: str, **options: Any) -> requests.Response:
        full = requests.Request(method, url, params=options.get("params")).prepare().url or url
        return response(fake.answer_after(method, full, json.loads(options.get("data") or "{}")))

    monkeypatch.setattr(requests.Session, "request", request)


def serve(fake: FakeNotify) -> ThreadingHTTPServer:
    """The stand-in on a port of the loopback address, until its `shutdown` is called."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, content = fake.answer_after(self.command, self.path, body)
            document = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        do_GET = do_POST = _answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: Any) -> None:
            """Nothing on the tests' own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
