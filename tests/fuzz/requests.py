"""Fuzzes the endpoint: all operations, bodies and headers that are none, half requests; `--seconds N --seed S`.

Requests are made by the service's model, with ARNs and tokens that earlier answers gave, and definitions from the
fuzzer of definitions; now and then a member, the text of the body or a header is strange. Some go over a connection as
bytes, whole or not. Whatever is asked, the answer has status 200 or 400, and nobody's log a traceback.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import uvicorn
from campaign import main
from definitions import make as make_definition
from uvicorn.server import ServerState

from asl_engine.server.account import Account
from asl_engine.server.connections import Connection
from asl_engine.server.http import TARGET, application
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import service_model
from asl_engine.server.start import service_for
from asl_engine.tasks.registry import Functions

HERE: Final = "arn:aws:states:us-east-1:123456789012:"
ROLE: Final = "arn:aws:iam::123456789012:role/r"
SIGNED: Final = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/states/aws4_request"


def one(**state: Any) -> str:
    """Return the definition of a state."""
    return json.dumps({"StartAt": "A", "States": {"A": {"End": True, **state}}})


FUNCTION: Final = "arn:aws:lambda:us-east-1:123456789012:function:"
INNER: Final = {"StartAt": "I", "States": {"I": {"Type": "Wait", "SecondsPath": "$", "End": True}}}
MODE: Final = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
DEFINITIONS: Final = (
    one(Type="Pass"),
    one(Type="Task", Resource=f"{FUNCTION}echo", Retry=[{"ErrorEquals": ["States.ALL"]}]),
    one(Type="Task", Resource=f"{FUNCTION}fails"),
    one(Type="Task", Resource=f"{HERE}activity:a", TimeoutSeconds=9, HeartbeatSeconds=3),
    one(Type="Task", Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters={"FunctionName": "echo", "Payload": {"t.$": "$$.Task.Token"}}),
    one(Type="Task", Resource="arn:aws:states:::states:startExecution.sync:2",
        Parameters={"StateMachineArn": f"{HERE}stateMachine:m", "Input.$": "$"}),
    one(Type="Task", Resource="arn:aws:states:::aws-sdk:sfn:describeExecution", Parameters={"ExecutionArn.$": "$"}),
    one(Type="Map", Label="L", ItemProcessor={**MODE, **INNER}),
    one(Type="Parallel", Branches=[INNER, INNER]),
    one(Type="Pass", QueryLanguage="JSONata", Output="{% $states.input.a + $number('1') %}"),
    one(Type="Wait", QueryLanguage="JSONata", Seconds="{% $states.input %}"),
)  # fmt: skip
NUMBERS: Final = (0, 1, 2, 99, 1_000, -1, 2**31, 2**63, 10**30, 1.5, -0.0, 1e308)
TEXTS: Final = (
    "", "m", "a", "é", "\ud800", "\x00", "\x1b[2J", "a" * 81, "a" * 300, "x" * 300_000, "{}", "[1, 2]", "null", "3",
    "1e400", "9" * 5_000, "[" * 2_000, '{"a":' * 300 + "1" + "}" * 300, '{"a": NaN}', '{"a": 1, "a": 2}', '"\\ud800"',
    "arn:", "arn:aws:states", f"{HERE}stateMachine:m", f"{HERE}stateMachine:m:1", f"{HERE}stateMachine:m:live",
    f"{HERE}execution:m:e", f"{HERE}express:m:e:f", f"{HERE}activity:a", f"{HERE}mapRun:m/L:x", ROLE, "SUCCEEDED",
)  # fmt: skip
STRANGE: Final = (None, 1, "x", [], {}, True, -5, 10**400, [None], {"a": {}}, [[[]]], 1.5)
HEADERS: Final = (
    ("host", ("localhost", "evil.example", "[::1]", "", "a" * 9_000, "sync-localhost", "é")),
    ("origin", ("null", "http://localhost", "http://evil.example", "")),
    ("content-type", ("text/plain", "", "application/json; charset=utf-16", "é")),
    ("authorization", ("", "Credential=/1//", "Credential=999999999999/1/é\ud83d/", "x" * 9_000)),
    ("x-amz-target", ("", TARGET, f"{TARGET}Nope", f"{TARGET}\x00", "StartExecution", f"x{TARGET}ListActivities")),
    ("content-length", ("-1", "0", "x", "99999999999")),
    ("content-encoding", ("gzip", "br")),
    ("expect", ("100-continue",)),
    ("transfer-encoding", ("chunked", "gzip", "identity")),
)


class Case(NamedTuple):
    """A request: its headers and its body in parts. `goes` is when the client goes away: after how many parts, as None
    stays. `wire` is its form in bytes, where it goes over a connection."""

    operation: str
    headers: list[tuple[str, str]]
    parts: list[bytes]
    goes: int | None
    wire: bytes | None


KNOWN: Final[list[str]] = []
"""ARNs and tokens that answers gave."""


class Maker:
    """Makes requests from chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def value(self, shape: Any, name: str) -> Any:
        """Return a value for a shape of the service's model; now and then one that does not fit."""
        if self.chance.random() < 0.015:
            return self.chance.choice(STRANGE)
        match shape.type_name:
            case "structure":
                return {
                    member: self.value(inner, member)
                    for member, inner in shape.members.items()
                    if member in shape.required_members or self.chance.random() < 0.4
                }
            case "list":
                return [self.value(shape.member, name) for _ in range(self.chance.choice((0, 1, 1, 2, 60)))]
            case "string":
                return self.text(shape, name)
            case "boolean":
                return self.chance.random() < 0.5
            case "integer" | "long" | "float" | "double":
                return self.chance.choice(NUMBERS)
        return self.chance.choice(TEXTS)

    def text(self, shape: Any, name: str) -> str:
        """Return a text that may be what a member of this name has."""
        if self.chance.random() < 0.1:
            return self.chance.choice(TEXTS)
        if shape.enum:
            return str(self.chance.choice(shape.enum))
        if "efinition" in name:
            return self.chance.choice((*DEFINITIONS, make_definition(self.chance).text))
        if name in ("name", "stateName"):
            return self.chance.choice("mae") + self.chance.choice(("", "", "2"))
        if name == "roleArn":
            return ROLE
        if "Arn" in name or "Token" in name or name == "taskToken":
            return self.chance.choice((*KNOWN, *TEXTS[-9:]))
        return self.chance.choice(TEXTS)

    def body(self, request: Any) -> bytes:
        """Return the bytes of a body, sometimes cut or changed at a place."""
        body = json.dumps(request, ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        if self.chance.random() < 0.1 and body:
            at = self.chance.randrange(len(body))
            noise = self.chance.choice((b"", b"\xff", b"[" * 5_000, b"}", b"\x00", b"1e999", b"9" * 6_000, b"\\ud800"))
            body = body[:at] + noise + body[at + self.chance.randrange(3) :]
        return body

    def case(self) -> Case:
        """Return a request."""
        chance = self.chance
        operation = chance.choice(sorted(OPERATIONS))
        body = self.body(self.value(service_model().operation_model(operation).input_shape, ""))
        headers = {"host": "localhost", "authorization": SIGNED, "x-amz-target": f"{TARGET}{operation}"}
        if chance.random() < 0.1:
            name, values = chance.choice(HEADERS)
            headers[name] = chance.choice(values)
        cuts = sorted(chance.randrange(len(body) + 1) for _ in range(chance.choice((0, 0, 0, 2, 5))))
        parts = [body[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        goes = chance.randrange(len(parts) + 1) if chance.random() < 0.05 else None
        wire = self.wire(headers, body) if chance.random() < 0.15 else None
        return Case(operation, list(headers.items()), parts, goes, wire)

    def wire(self, headers: dict[str, str], body: bytes) -> bytes:
        """Return the request as bytes, sometimes cut short or changed at a place."""
        lines = [f"{name}: {value}" for name, value in ({"content-length": str(len(body))} | headers).items()]
        method = self.chance.choice(("POST", "POST", "POST", "GET", "PUT", "", "POST POST"))
        wire = "\r\n".join([f"{method} /{self.chance.choice(('', 'é', '%', '?a=b', '..'))} HTTP/1.1", *lines, "", ""])
        data = wire.encode("utf-8", "replace") + body
        match self.chance.randrange(4):
            case 0:
                return data[: self.chance.randrange(len(data) + 1)]
            case 1:
                at = self.chance.randrange(len(data))
                return data[:at] + self.chance.choice((b"\r\n", b"\x00", b"\xff" * 9, b" " * 70_000, b":")) + data[at:]
            case 2:
                return data * 3
        return data


def make(chance: Random) -> Case:
    """Return a request."""
    return Maker(chance).case()


def fails(event: Any, context: Any) -> None:
    """A function that fails."""
    raise ValueError(event)


class Endpoint:
    """An endpoint in this process, on an event loop that runs while a case is tried."""

    CASES = 400
    """After so many requests it is made anew."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.service = service_for(Functions({"echo": lambda event, context: event, "fails": fails}), None, True)
        self.app = application(self.service)
        self.left = self.CASES
        self.loop.run_until_complete(self._furnish())
        self.address = self.loop.run_until_complete(self._listen())

    async def _furnish(self) -> None:
        """Make what the ARNs of `TEXTS` name, for there is more to ask about."""
        account, machine = Account("123456789012", "us-east-1"), {"stateMachineArn": f"{HERE}stateMachine:m"}
        routes = [{"stateMachineVersionArn": f"{HERE}stateMachine:m:1", "weight": 100}]
        for name, request in (
            ("CreateActivity", {"name": "a"}),
            ("CreateStateMachine", {"name": "m", "definition": DEFINITIONS[7], "roleArn": ROLE, "publish": True}),
            ("CreateStateMachineAlias", {"name": "live", "routingConfiguration": routes}),
            ("StartExecution", {**machine, "name": "e", "input": "[1, 2]"}),
        ):
            OPERATIONS[name](self.service, account, request)
        await asyncio.sleep(0)

    async def _listen(self) -> tuple[str, int]:
        config = uvicorn.Config(self.app, log_level="error", log_config=None, ws="none", lifespan="off")
        config.load()
        self.state = ServerState()

        def connection() -> Connection:
            return Connection(config=config, server_state=self.state, app_state={})

        self.server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        return host, port

    def close(self) -> None:
        """End it."""

        async def end() -> None:
            await self.service.close()
            self.server.close()
            for connection in list(self.state.connections):
                connection.transport.abort()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:  # they hear that their connection is gone, and end by themselves
                await asyncio.wait(others, timeout=10)

        self.loop.run_until_complete(end())
        self.loop.close()

    def answer(self, case: Case) -> tuple[int, bytes]:
        """Return the status and the body of the answer; status 0 where there is none."""
        self.left -= 1
        asked = self._over_a_connection(case.wire) if case.wire is not None else self._asked(case)
        return self.loop.run_until_complete(asked)

    async def _asked(self, case: Case) -> tuple[int, bytes]:
        sent: list[Any] = []
        parts, gone = list(case.parts), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if case.goes is not None and len(case.parts) - len(parts) >= case.goes:
                return {"type": "http.disconnect"}
            if parts:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in case.headers]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
        task = asyncio.ensure_future(self.app(scope, receive, send))
        await asyncio.wait({task}, timeout=0.02)
        gone.set()  # who asks waits no longer
        await task
        await asyncio.sleep(0)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    async def _over_a_connection(self, wire: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(*self.address)
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(wire)
            async with asyncio.timeout(0.02):
                status = await reader.readline()
                return int(status.split()[1]), b""
        writer.transport.abort()
        await asyncio.sleep(0)
        return 0, b""


class Fuzzer:
    """Tries requests one after the other at the same endpoint, as what they find depends on those before."""

    def __init__(self) -> None:
        self.endpoint = Endpoint()

    def attempt(self, case: Case) -> str:
        """Ask, and say how it was answered; what the answer names can be asked about next."""
        if not self.endpoint.left:
            self.endpoint.close()
            self.endpoint = Endpoint()
            KNOWN.clear()
        with contextlib.redirect_stderr(io.StringIO()) as log:
            status, body = self.endpoint.answer(case)
        if "Traceback" in log.getvalue():
            raise AssertionError(f"{status} {body[:300]!r}: {log.getvalue()[-2_000:]}")
        if status not in (0, 100, 200, 400, 405, 503):
            raise AssertionError(f"{status} {body[:300]!r}")
        if status == 200 and body:
            answer = json.loads(body)
            KNOWN.extend(self._names(answer))
            del KNOWN[:-40]
        return {0: "without an answer", 200: "answered"}.get(status, "refused")

    def _names(self, answer: Any) -> list[str]:
        return [text for text in answer.values() if isinstance(text, str) and (text[:4] == "arn:" or len(text) == 64)]


if __name__ == "__main__":
    fuzzer = Fuzzer()
    try:
        main(make, fuzzer.attempt, __doc__ or "")
    finally:
        fuzzer.endpoint.close()
