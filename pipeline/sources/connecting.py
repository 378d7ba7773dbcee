"""Connections to addresses that were checked, and answers that must begin in time.

A name may be looked up differently a second time (DNS rebinding). Here one look-up serves both the check and the
connection; Host header, SNI and certificate still go by the name. It happens at every new connection, so after every
redirect too.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import create_connection

from pipeline.sources import address

HEADER_SECONDS = 60.0


class _Checked(HTTPConnection):
    """Plain HTTP to public addresses only."""

    allow_private = False

    def _new_conn(self) -> socket.socket:
        fault: OSError | None = None
        for ip in address.resolve(self._dns_host, self.port, allow_private=self.allow_private):
            try:
                return create_connection(
                    (ip, self.port), self.timeout, source_address=self.source_address,
                    socket_options=self.socket_options,
                )  # fmt: skip
            except OSError as error:
                fault = error
        raise NewConnectionError(self, f"no connection: {type(fault).__name__}") from fault

    def getresponse(self) -> Any:
        """The answer, whose head must be whole within `HEADER_SECONDS`: a time-out a read lets a dripping head last."""
        is_late = threading.Event()
        watch = threading.Timer(HEADER_SECONDS, self._give_up, (is_late,))
        watch.daemon = True
        watch.start()
        try:
            answer = super().getresponse()
        finally:
            watch.cancel()
        if is_late.is_set():  # a head that was cut may look like a whole one
            raise TimeoutError("the head of the answer was not done in time")
        return answer

    def _give_up(self, is_late: threading.Event) -> None:
        is_late.set()
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class _CheckedTls(_Checked, HTTPSConnection):
    """HTTPS to public addresses only."""


class _Open(_Checked):
    """HTTP to any address: the operator's own."""

    allow_private = True


class _OpenTls(_CheckedTls):
    """HTTPS to any address: the operator's own."""

    allow_private = True


class _CheckedPool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _CheckedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _OpenPool(HTTPConnectionPool):
    ConnectionCls = _Open


class _OpenTlsPool(HTTPSConnectionPool):
    ConnectionCls = _OpenTls


class CheckedAdapter(HTTPAdapter):
    """Sends requests over checked connections, each once: whoever asks decides on another try."""

    def __init__(self, *, allow_private: bool) -> None:
        self._pools = (
            {"http": _OpenPool, "https": _OpenTlsPool}
            if allow_private
            else {"http": _CheckedPool, "https": _CheckedTlsPool}
        )
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools; requests calls this once."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools
