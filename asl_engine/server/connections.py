"""Connections: how many, how long somebody may owe us the rest of a request, and what is said of those that fail.

A client that sends half a header or half a body and waits, or asks and does not take the answer, would keep its
connection for ever; and where as many are open as the process may have files, the event loop tells of each attempt to
accept one more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS: Final = 1_000
"""How many connections are open at once; fewer where the process may have few files open."""

FILES: Final = 8_192
"""How many open files are asked for at the start: connections, and what functions open."""

AT_ONCE: Final = 8
"""How many connections are accepted before others are looked at: so many may be open beyond the limit for a moment, and
so often the event loop tries again when it cannot accept one."""

QUEUE: Final = 256
"""How many connections may wait to be accepted."""

PATIENCE: Final = 30.0
"""How many seconds a client may take for a whole request, and for the next part of an answer."""

BETWEEN_ROUNDS: Final = 5.0
"""Seconds between two looks at all connections."""

REPEATED_AFTER: Final = 60.0
"""Seconds in which the same is told once."""

_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def connection_limit() -> int:
    """Return how many connections may be open; allow for more open files where the system lets."""
    try:
        import resource
    except ImportError:  # no such limit on this system
        return MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = FILES if hard == unlimited else min(FILES, hard)
    if soft != unlimited and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MAX_CONNECTIONS if soft == unlimited else min(MAX_CONNECTIONS, max(1, soft // 2))


class Connection(H11Protocol):
    """A connection of uvicorn's. One too many takes the place of one that is idle; where none is it is told so, which
    SDKs take as a reason to ask again later."""

    limit = MAX_CONNECTIONS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, or refuse it."""
        assert isinstance(transport, asyncio.Transport)
        if len(self.connections) >= self.limit and not _close_an_idle(self.connections):
            transport.write(_BUSY)
        super().connection_made(transport)
        if len(self.connections) > self.limit:
            transport.close()


def _close_an_idle(connections: Any) -> bool:
    """Close a connection over which no request is under way; return whether there was one."""
    for connection in connections:
        if connection.conn.their_state is h11.IDLE and not connection.transport.is_closing():
            connection.transport.abort()
            connections.discard(connection)
            return True
    return False


class Watch:
    """Looks at all connections from time to time, and ends those whose client is silent for too long."""

    def __init__(self, connections: Any) -> None:
        self.connections = connections
        self._seen: WeakKeyDictionary[Any, tuple[tuple[Any, ...], float]] = WeakKeyDictionary()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look, and again and again."""
        self.look(loop.time())
        loop.call_later(BETWEEN_ROUNDS, self.begin, loop)

    def look(self, now: float) -> None:
        """End each connection that waits for its client, and has for longer than it may."""
        for connection in list(self.connections):
            owed = _owed_by_client(connection)
            seen, since = self._seen.get(connection, (None, now))
            if owed is None or owed != seen:
                self._seen[connection] = (owed or (), now)
            elif now - since > PATIENCE:
                connection.transport.abort()


def _owed_by_client(connection: H11Protocol) -> tuple[Any, ...] | None:
    """Return for what the client is waited for, which differs with each request and each part of an answer taken."""
    unsent = connection.transport.get_write_buffer_size()
    if unsent:
        return "to take", unsent
    if connection.conn.their_state in (h11.IDLE, h11.SEND_BODY):
        return "to send", id(connection.cycle)
    return None


class OncePerMinute(logging.Filter):
    """Lets each message through once in a while: what strangers cause must not fill a disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the message was not told in the last minute."""
        now = self._clock()
        self._told = {message: at for message, at in self._told.items() if now - at < REPEATED_AFTER}
        message = f"{record.name} {record.msg}"
        if message in self._told:
            return False
        self._told[message] = now
        return True


def quieten() -> None:
    """Have what the event loop and the server tell of connections told once a minute."""
    for name in ("asyncio", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, OncePerMinute) for known in logger.filters):
            logger.addFilter(OncePerMinute())
