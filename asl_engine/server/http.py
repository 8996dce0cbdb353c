"""The thin shell: AWS JSON 1.0 over HTTP on the way in and out, and nothing else."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from asl_engine.kernel.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import check_request, service_model
from asl_engine.server.service import Account, Service

MAX_BODY = 2 * 1024 * 1024
"""The longest request that is read, in bytes. The service takes 1 MB of definition or input, which JSON may escape."""

TARGET = "AWSStepFunctions."

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d+/(?P<region>[^/]+)/")


def application(service: Service) -> Starlette:
    """Return the ASGI application of a service."""

    async def endpoint(request: HttpRequest) -> HttpResponse:
        return await _answer(service, request)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await service.close()

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=["POST", "GET"])], lifespan=lifespan)


async def _answer(service: Service, request: HttpRequest) -> HttpResponse:
    try:
        target = request.headers.get("x-amz-target", "")
        name = target.removeprefix(TARGET)
        if not target.startswith(TARGET) or name not in service_model().operation_names:
            raise ApiError("UnknownOperationException", f"There is no operation {target!r}.")
        body = await _body(request)
        if name not in OPERATIONS:
            raise ApiError("UnsupportedOperationException", f"This endpoint does not have the operation {name} yet.")
        check_request(name, body)
        return _response(200, OPERATIONS[name](service, account_of(request), body))
    except ApiError as problem:
        return _response(400, {"__type": problem.code, "message": problem.message})


async def _body(request: HttpRequest) -> dict[str, Any]:
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > MAX_BODY:
            raise ApiError("RequestEntityTooLargeException", f"The request is longer than {MAX_BODY} bytes.")
        chunks.append(chunk)
    try:
        body = json.loads(b"".join(chunks) or b"{}")
    except (ValueError, RecursionError):
        raise ApiError("SerializationException", "The request is not JSON.") from None
    if not isinstance(body, dict):
        raise ApiError("SerializationException", "The request is not a JSON object.")
    return body


def account_of(request: HttpRequest) -> Account:
    """Return who signed a request: the access key is the account where it has 12 digits, the region comes from the
    scope."""
    match = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if match is None:
        return Account(DEFAULT_ACCOUNT, DEFAULT_REGION)
    key = match["key"]
    return Account(key if re.fullmatch(r"\d{12}", key) else DEFAULT_ACCOUNT, match["region"])


def _response(status: int, body: dict[str, Any]) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return HttpResponse(text, status, headers, media_type="application/x-amz-json-1.0")


def serve(service: Service, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT; print one line when ready. Raises OSError when the port is taken."""
    import socket

    import uvicorn

    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256
    )
    bound = listener.getsockname()[1]

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"listening on http://{f'[{host}]' if ':' in host else host}:{bound}", flush=True)

    config = uvicorn.Config(application(service), log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    Announcing(config).run(sockets=[listener])
