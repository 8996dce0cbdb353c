"""Connections that ask for nothing, or for half of something: they end; whoever asks is answered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
import sys

import pytest
import uvicorn
from conftest import PATIENCE
from test_endpoint import Endpoint
from uvicorn.server import ServerState

from asl_engine.server.connections import REPEATED_AFTER, Connection, OncePerMinute, Watch

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"


async def app(scope, receive, send):
    """Answers with 20 MB; a path `/wait` waits for the end of its connection."""
    while (message := await receive())["type"] != "http.disconnect" and message["more_body"]:
        pass
    if scope["path"] == "/wait":
        await receive()
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"20000000")]})
        await send({"type": "http.response.body", "body": bytes(20_000_000)})


def served(story, limit=100):
    """Run a story with a function that connects, and one that looks at all connections at a moment."""

    async def run():
        loop, state = asyncio.get_running_loop(), ServerState()
        config = uvicorn.Config(app, log_level="critical")
        config.load()

        class Limited(Connection):
            pass

        Limited.limit = limit
        listening = await loop.create_server(
            lambda: Limited(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        watch = Watch(state.connections)
        writers = []

        async def connect(sent=b"", limit=2**16):
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname(), limit=limit)
            writers.append(writer)
            writer.write(sent)
            await writer.drain()
            return reader, writer

        try:
            async with asyncio.timeout(PATIENCE):
                await story(connect, watch.look)
        finally:
            listening.close()
            for end in [*writers, *state.connections]:
                end.transport.abort()
            await asyncio.gather(*state.tasks, return_exceptions=True)
            await asyncio.sleep(0)

    asyncio.run(run())


async def is_open(reader):
    """Whether the server still keeps a connection: what it has sent is read."""
    try:
        async with asyncio.timeout(0.05):
            while await reader.read(10**6):
                pass
        return False
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False


@pytest.mark.parametrize(
    "sent",
    [b"", b"P", b"POST / HTTP/1.1\r\n", HEAD, HEAD + b"\r\n", HEAD + b"\r\n1234",
     b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
)  # fmt: skip
def test_a_request_that_stays_half_is_ended(sent):
    async def story(connect, look):
        reader, writer = await connect(sent)
        await asyncio.sleep(0.01)
        look(0)
        look(29)
        assert await is_open(reader)
        writer.write(b"")
        look(31)
        assert not await is_open(reader)

    served(story)


def test_an_answer_that_nobody_takes_is_ended():
    async def story(connect, look):
        reader, _ = await connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", limit=10)
        await asyncio.sleep(0.05)
        for moment in (0, 20, 40):
            look(moment)
        with contextlib.suppress(ConnectionResetError):
            received = len(await reader.read(-1))
            assert received < 20_000_000

    served(story)


def test_who_waits_for_an_answer_may_wait():
    """Also who asks again and again, and whose connection is idle at each look."""

    async def story(connect, look):
        waiting, _ = await connect(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        often, writer = await connect()
        for moment in range(0, 100, 20):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await often.readuntil(b"\r\n\r\n")
            await often.readexactly(20_000_000)
            look(moment)
        assert await is_open(waiting)
        assert await is_open(often)

    served(story)


def test_one_too_many_takes_the_place_of_an_idle_one():
    async def story(connect, look):
        busy, _ = await connect(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle, _ = await connect(HEAD)
        await asyncio.sleep(0.01)
        new, _ = await connect(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert [True, False, True] == [await is_open(reader) for reader in (busy, idle, new)]
        refused, _ = await connect()
        assert (await refused.readline()).startswith(b"HTTP/1.1 503 ")
        assert not await is_open(refused)
        assert await is_open(busy)

    served(story, limit=2)


def test_the_same_is_told_once_a_minute():
    now = 0.0
    once = OncePerMinute(lambda: now)

    def passes(text):
        return once.filter(logging.LogRecord("asyncio", logging.ERROR, "", 1, text, None, None))

    assert [True, False, True] == [passes(text) for text in ("full", "full", "other")]
    now = REPEATED_AFTER + 1
    assert passes("full")


def test_more_connections_than_files_fill_no_log(tmp_path):
    """A process that may have 128 files open is asked by 200 at once: it answers, and says next to nothing."""
    command = f"ulimit -n 128; exec {sys.executable} -m asl_engine serve --port 0"
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    port = int(process.stdout.readline().rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
        status, said = Endpoint.post(type("At", (), {"port": port}), "AWSStepFunctions.ListActivities", {})
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE)

    assert (200, {"activities": []}) == (status, json.loads(said))
    assert len(errors) < 5_000
