"""The thin shell: AWS JSON 1.0 over HTTP on the way in and out, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import threading
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from asl_engine.kernel.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from asl_engine.server.account import Account
from asl_engine.server.connections import AT_ONCE, QUEUE, Connection, Watch, connection_limit, quieten
from asl_engine.server.errors import FRAMEWORK, ApiError, type_on_the_wire
from asl_engine.server.guard import check_headers
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import check_request, service_model, without_nulls
from asl_engine.server.service import Service
from asl_engine.source.document import is_deeper
from asl_engine.store import StoreFailed
from asl_engine.values import parse_json

MAX_BODY = 1024 * 1024
"""The longest request that is read, in bytes (AWS quota)."""

MAX_NESTING = 100
"""How deep a request may be nested: definitions and inputs are texts, and the rest is flat."""

PATIENCE = 4.0
"""How many seconds after a signal the process ends at the latest, also when a function holds up the event loop."""

TARGET = "AWSStepFunctions."

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d+/(?P<region>[^/]+)/")


def application(service: Service, allowed_hosts: Collection[str] = ()) -> Starlette:
    """Return the ASGI application of a service. `allowed_hosts` are names that it answers to beside this machine's."""

    async def endpoint(request: HttpRequest) -> HttpResponse:
        return await _answer(service, request, allowed_hosts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await service.open()
        yield
        await service.close()

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=["POST", "GET"])], lifespan=lifespan)


async def _answer(service: Service, request: HttpRequest, allowed_hosts: Collection[str]) -> HttpResponse:
    try:
        check_headers(request.headers, allowed_hosts)
        target = request.headers.get("x-amz-target", "")
        name = target.removeprefix(TARGET)
        if not target.startswith(TARGET) or name not in service_model().operation_names:
            raise ApiError("UnknownOperationException", f"There is no operation {target!r}.")
        body = await _body(request)
        check_request(name, body)
        if (trace := request.headers.get("x-amzn-trace-id")) is not None:
            body["traceHeader"] = trace  # wins over the member of that name (recorded, September 2026)
        return _response(200, await _saved_answer(service, request, name, body))
    except ApiError as problem:
        answer_body = {"__type": type_on_the_wire(problem), "message": problem.message}
        return _response(400, answer_body if problem.reason is None else answer_body | {"reason": problem.reason})
    except StoreFailed as problem:
        print(problem, file=sys.stderr)
        return _failure(503, "ServiceUnavailable", "The store of the endpoint failed; its log says why.")
    except ClientDisconnect:  # in the middle of its body: nobody hears this
        return _failure(400, "SerializationException", "The request is not whole.")
    except Exception:
        traceback.print_exc()  # for whoever runs the endpoint; who asked learns nothing of its insides
        return _failure(500, "InternalFailure", "The request failed for an unknown reason.")


def _failure(status: int, code: str, message: str) -> HttpResponse:
    return _response(status, {"__type": FRAMEWORK + code, "message": message})


async def _saved_answer(service: Service, request: HttpRequest, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of an operation, or its refusal, when all that it may tell of is safe."""
    try:
        answer = OPERATIONS[name](service, account_of(request), body)
        return await _while_heard(request, answer) if isinstance(answer, Awaitable) else answer
    finally:
        if (saving := service.store.saved()) is not None:
            await saving


async def _while_heard(request: HttpRequest, answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Wait for an answer, and give it up when the client goes away: what it would have taken is another's then."""
    work = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(request.receive())  # the body has been read: what comes next is the end
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        return {}
    finally:
        work.cancel()
        gone.cancel()


async def _body(request: HttpRequest) -> dict[str, Any]:
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > MAX_BODY:
            raise ApiError("RequestEntityTooLargeException", f"The request is longer than {MAX_BODY} bytes.")
        chunks.append(chunk)
    try:
        body = parse_json(b"".join(chunks).decode("utf-8-sig") or "{}")
    except ValueError:
        raise ApiError("SerializationException", "The request is not JSON.") from None
    if not isinstance(body, dict) or is_deeper(body, MAX_NESTING):
        raise ApiError("SerializationException", "The request is not a JSON object.")
    present: dict[str, Any] = without_nulls(body)
    return present


def account_of(request: HttpRequest) -> Account:
    """Return who signed a request: the access key is the account where it has 12 digits, the region comes from the
    scope."""
    match = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if match is None:
        return Account(DEFAULT_ACCOUNT, DEFAULT_REGION)
    key = match["key"]
    return Account(key if re.fullmatch(r"\d{12}", key) else DEFAULT_ACCOUNT, match["region"])


def _response(status: int, body: dict[str, Any]) -> HttpResponse:
    try:
        text = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # halves of characters, which JSON can escape
        text = json.dumps(body).encode()
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return HttpResponse(text, status, headers, media_type="application/x-amz-json-1.0")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections. Raises OSError when the port is taken."""
    if not host:
        raise OSError(0, "a host is needed; 0.0.0.0 stands for all addresses of this machine")
    # The protocol is named because asyncio sets TCP_NODELAY only where it is; without that, each answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind((host, port))
        listener.listen(QUEUE)
    except OSError:
        listener.close()
        raise
    return listener


def serve(
    service: Service, host: str, port: int, announce: Callable[[str], None], allowed_hosts: Collection[str] = ()
) -> None:
    """Answer requests until SIGTERM or SIGINT; announce it when ready. Raises OSError when the port is taken."""
    listener = listen(host, port)
    bound = listener.getsockname()[1]

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            listener.listen(QUEUE)  # again: asyncio has made the queue as short as its rounds are
            quieten()
            Watch(self.server_state.connections).begin(asyncio.get_running_loop())
            announce(f"listening on http://{f'[{host}]' if ':' in host else host}:{bound}")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.should_exit = True  # and no more: uvicorn itself would die of the signal in the end
            last_resort = threading.Timer(PATIENCE, os._exit, (0,))
            last_resort.daemon = True
            last_resort.start()

    class Limited(Connection):
        limit = connection_limit()

    hosts = {host.lower(), *(name.lower() for name in allowed_hosts)}
    app = application(service, hosts)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, http=Limited, ws="none",
        backlog=AT_ONCE,
    )  # fmt: skip
    Announcing(config).run(sockets=[listener])
