"""The server behind the page: binds, counts its connections, and lets go of all of them when the run ends."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from edgefer.camera.web_access import Place
from edgefer.console import say
from edgefer.errors import BackendError, EdgeferError, UsageError

CONNECTIONS = 48  # a page has two or three
SEND_BUFFER = 1 << 16  # bytes; a larger one would hold pictures that are old when they arrive
POLL, GRACE = 0.1, 1.0  # seconds
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"


class WebServer(ThreadingHTTPServer):
    """Listens from the start, a thread a connection, at most `CONNECTIONS` of them; `start` begins to answer.

    Raises BackendError where the port cannot be had, UsageError where the place is not on this machine.
    """

    daemon_threads = True  # `close` waits for them, and only so long
    allow_reuse_address = sys.platform != "win32"  # there it would let two runs share a port
    request_queue_size = 32

    def __init__(self, place: Place, port: int) -> None:
        self.address_family = place.family
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL,), name="edgefer web", daemon=True)
        try:
            super().__init__((place.address, port), BaseHTTPRequestHandler)
        except OSError as error:
            raise _refused(place, port, error) from error
        self.port = int(self.socket.getsockname()[1])

    def start(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Answer requests, in threads of its own."""
        self.RequestHandlerClass = handler
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end all connections, wait for their threads. Those who still send get a second for it."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        self._end(socket.SHUT_RD)  # whoever waits for a request finds that none comes
        self._end(socket.SHUT_RDWR)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._open)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            full = len(self._open) >= CONNECTIONS
            if not full:
                self._open.add(request)
        if full:
            request.setblocking(False)
            try:
                request.send(BUSY)
            finally:
                self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Clients leave when they like; anything else is a fault of ours, told in one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            say(f"the web page failed to answer: {error if isinstance(error, EdgeferError) else repr(error)}")

    def _end(self, how: int) -> None:
        with self._changed:
            for request in self._open:
                with suppress(OSError):  # it has left by itself
                    request.shutdown(how)
            self._changed.wait_for(lambda: not self._open, GRACE)


def _refused(place: Place, port: int, error: OSError) -> EdgeferError:
    if error.errno == errno.EADDRINUSE:
        return BackendError(
            f"port {port} of {place.host} is taken by another program",
            f"end that one, or use another: --web {port + 1 if port < 65535 else 8080}; --web 0 takes any free one",
        )
    if error.errno == errno.EACCES:
        return BackendError(f"this user may not open port {port}", "use one from 1024 on, such as --web 8080")
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{place.host} is not an address of this machine", "use --web-host 0.0.0.0 for all it has")
    return BackendError(f"cannot listen on port {port} of {place.host}: {error.strerror}", "use another: --web 0")
