"""Answers the requests of a browser: static files from memory, newest picture, stream of events. Reads only."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from edgefer.camera.web_access import Access
from edgefer.camera.web_newest import Newest, Shared

VIEWERS = 8
PATIENCE = 10.0  # seconds that a client may take to send a request, or to read an answer
WAIT = 3.0  # seconds without news after which a word is sent, which finds clients that have left
METHODS = "GET, HEAD"
OTHERS = ("CONNECT", "DELETE", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Site:
    """What is served.

    files: type and bytes by name, `""` being the page. newest: where the loop puts what it read; events and pictures are
    made of it, pictures None where nobody may see any. run: told to each viewer, other for each run.
    """

    access: Access
    files: Mapping[str, tuple[str, bytes]]
    newest: Newest[Any]
    events: Shared[Any]
    pictures: Shared[Any] | None
    run: str
    viewers: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(VIEWERS))


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, code: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.headers = headers or {}


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    """A handler class that serves one site."""
    refused = {f"do_{method}": _Handler.refuse_method for method in OTHERS}
    return type("Handler", (_Handler,), {"site": site, "timeout": PATIENCE, **refused})


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # 0.9 has no headers, not even in the answer
    server_version, sys_version = "edgefer", ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        try:
            self._answer()
        except Refusal as refusal:
            self._refuse(refusal.code, str(refusal), refusal.headers)

    def do_HEAD(self) -> None:
        self.do_GET()

    def refuse_method(self) -> None:
        """For those that change something."""
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "this page is for looking only", {"Allow": METHODS})

    def _answer(self) -> None:
        target = urlsplit(self._checked())
        name = self.site.access.inside(target.path)
        if name is None:
            if self.site.access.inside(f"{target.path}/") == "":  # the link without its last stroke
                raise Refusal(HTTPStatus.PERMANENT_REDIRECT, "moved", {"Location": self.site.access.root})
            raise Refusal(HTTPStatus.FORBIDDEN, "open the link that edgefer printed, with its token")
        if name in self.site.files:
            self._send(HTTPStatus.OK, *self.site.files[name])
        elif name not in ("events", "picture.jpg") or (name == "picture.jpg" and self.site.pictures is None):
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no such page")
        elif self.command == "HEAD":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "ask with GET", {"Allow": "GET"})
        elif name == "events":
            self._events()
        else:
            self._picture(target.query)

    def _checked(self) -> str:
        """The request target. Raises Refusal for requests that no page of ours makes."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            raise Refusal(HTTPStatus.BAD_REQUEST, "this request has a body")
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1:
            raise Refusal(HTTPStatus.BAD_REQUEST, "name one Host")
        if not self.path.startswith("/"):
            raise Refusal(HTTPStatus.BAD_REQUEST, "name a path")
        if not self.site.access.serves(hosts[0]):
            raise Refusal(
                HTTPStatus.FORBIDDEN, "this page is not served under that name; open the link edgefer printed"
            )
        foreign = self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        if foreign and self.headers.get("Sec-Fetch-Mode") != "navigate":
            raise Refusal(HTTPStatus.FORBIDDEN, "not for other pages")
        return self.path

    def _events(self) -> None:
        """Server-sent events until the run ends or the client leaves."""
        site = self.site
        if not site.viewers.acquire(blocking=False):
            message = f"{VIEWERS} viewers are here already"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": "5"})
        try:
            self.close_connection = True
            self._head(HTTPStatus.OK, {"Content-Type": "text/event-stream", "Connection": "close"})
            self.wfile.write(f"retry: 2000\nevent: run\ndata: {site.run}\n\n".encode())
            number = 0
            while True:
                found = site.events.after(number, WAIT)
                if found is not None:
                    number, data = found
                    self.wfile.write(b"data: " + data + b"\n\n")
                elif site.newest.ended:
                    self.wfile.write(b"event: end\ndata: \n\n")
                    return
                else:
                    self.wfile.write(b": waiting\n\n")
        finally:
            site.viewers.release()

    def _picture(self, query: str) -> None:
        """The newest picture, once its number is above `after`; 204 where none came meanwhile."""
        after = query.removeprefix("after=") if query else "0"
        if not (after.isascii() and after.isdigit() and len(after) < 16):
            raise Refusal(HTTPStatus.BAD_REQUEST, "ask for picture.jpg?after=NUMBER")
        assert self.site.pictures is not None
        found = self.site.pictures.after(int(after), WAIT)
        if found is None:
            self._head(HTTPStatus.NO_CONTENT, {})
        else:
            self._send(HTTPStatus.OK, "image/jpeg", found[1], {"Picture-Number": str(found[0])})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What http.server finds wrong with a request, answered as everything else is."""
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).description, {})

    def _refuse(self, code: HTTPStatus, message: str, headers: Mapping[str, str]) -> None:
        # What follows on this connection may be the rest of the bad request: this header also ends the connection here.
        text = f"{code.value} {code.phrase}: {message}\n".encode()
        self._send(code, "text/plain; charset=utf-8", text, {**headers, "Connection": "close"})

    def _send(self, code: HTTPStatus, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(code, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, code: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the address of a client is nobody's business."""
