"""A loopback server that misbehaves as asked, byte by byte."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

BOMB = gzip.compress(b" " * 30_000_000, 1)
Behaviour = Callable[["Turn"], None]


class Turn:
    """One request in the hands of a behaviour: `number` counts requests from 0, robots.txt left out."""

    def __init__(self, handler: BaseHTTPRequestHandler, number: int, served: Callable[[], tuple[bytes, str]]) -> None:
        self._handler = handler
        self.number = number
        self.served = served
        """The next good answer and its content type; each call moves the site one page on."""

    def send(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        """Status, headers (underscores become hyphens), body; `length` may lie."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Content-Length", str(len(body) if length is None else length))
        self._handler.end_headers()
        self._handler.wfile.write(body)
        self._handler.wfile.flush()

    def good(self) -> None:
        """The site as it should be."""
        body, content_type = self.served()
        self.send(200, body, Content_Type=content_type)

    def reset(self) -> None:
        """End the connection with RST, without an answer."""
        linger = struct.pack("ii", 1, 0)
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def close(self) -> None:
        """End the connection after what was sent."""
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)
        self._handler.connection.close()

    def bomb(self) -> None:
        """A few kilobytes that unpack to thirty megabytes."""
        self.send(200, BOMB, Content_Type="text/html", Content_Encoding="gzip")

    def huge(self) -> None:
        """Fifty megabytes, or as much as the other side takes."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/html")
        self._handler.send_header("Content-Length", str(50_000_000))
        self._handler.end_headers()
        for _ in range(50):
            self._handler.wfile.write(b" " * 1_000_000)

    def drip(self) -> None:
        """A byte now and then, without an end."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Length", "100000")
        self._handler.end_headers()
        for _ in range(60):
            self._handler.wfile.write(b" ")
            self._handler.wfile.flush()
            time.sleep(0.05)

    def drip_head(self) -> None:
        """A head that takes a minute, a line now and then."""
        for number in range(1200):
            self._handler.wfile.write(b"HTTP/1.1 200 OK\r\n" if number == 0 else b"X-%d: y\r\n" % number)
            self._handler.wfile.flush()
            time.sleep(0.05)


class FaultServer:
    """Serves pages in order through a behaviour; a context manager on 127.0.0.1."""

    def __init__(
        self,
        pages: Callable[[int], bytes],
        content_type: str,
        behaviour: Behaviour,
        granted: Mapping[str, str] | None = None,
    ) -> None:
        self.granted = granted or {}
        self.pages = pages
        self.content_type = content_type
        self.behaviour = behaviour
        self.requests = 0
        self._given = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def root(self) -> str:
        """The address without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def turn(self, handler: BaseHTTPRequestHandler) -> Turn:
        """The next request."""
        with self._lock:
            number, self.requests = self.requests, self.requests + 1
        return Turn(handler, number, self._serve)

    def _serve(self) -> tuple[bytes, str]:
        with self._lock:
            number, self._given = self._given, self._given + 1
        return self.pages(number).replace(b"{root}", self.root.encode()), self.content_type

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    site: FaultServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        try:
            self.site.behaviour(self.site.turn(self))
        except OSError:
            self.close_connection = True  # the other side has had enough

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path in self.site.granted:  # a token: what is to fail is what it opens
            body = self.site.granted[self.path].encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
