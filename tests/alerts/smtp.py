"""A mail server of a few lines on loopback: it takes everything and keeps it."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from types import TracebackType


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline():
            word = line.decode("ascii", "replace").strip().upper()
            if word.startswith("DATA"):
                self._say("354 go on")
                self.server.kept.append(self._message())
                self._say("250 kept")
            elif word.startswith("QUIT"):
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.kept: list[bytes] = []


class Mailbox:
    """The server and what it was sent."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """An Apprise address that sends here."""
        port = self._server.server_address[1]
        return f"mailto://127.0.0.1:{port}/?from=leumund@example.org&to=jo@example.org&mode=insecure"

    @property
    def messages(self) -> list[EmailMessage]:
        """What came, oldest first."""
        return [email.message_from_bytes(kept, policy=email.policy.default) for kept in self._server.kept]  # type: ignore[misc]

    def __enter__(self) -> Mailbox:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
