"""The record of an execution that has ended, in few bytes: each value once, all of it compressed.

It says for itself what it is about. A state is kept with what its events say, and not looked up in the program, so that
a history can be read by a later version that would compile the definition in another way, or not at all.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from asl_engine.catalogue.resource import parse_resource
from asl_engine.history.records import Mark, RecordedFailure, Records
from asl_engine.program.program import Invoke, State
from asl_engine.store.store import StoreFailed
from asl_engine.values import json_text

FORMAT: Final = 1

_LEVEL: Final = 1  # higher ones take more time than they save

_WORDS: Final = "".join(
    (
        '"arn:aws:states:::lambda:invoke","arn:aws:states:us-east-1:123456789012:activity:","arn:aws:lambda:us-east-1:',
        '"Parallel","Map","Choice","Succeed","Fail","Wait","Task","Pass",null]},"States.TaskFailed","States.Timeout",',
        '[{"ExecutedVersion":"$LATEST","Payload":{"SdkHttpMetadata":{"AllHttpHeaders":{"Connection":["keep-alive"],',
        '"Content-Length":["2"],"Content-Type":["application/json"],"X-Amz-Executed-Version":["$LATEST"],',
        '"x-amzn-RequestId":["X-Amzn-Trace-Id":["root=1-;sampled=0"]},"HttpHeaders":{"Connection":"keep-alive",',
        '"Content-Length":"2","Content-Type":"application/json","X-Amz-Executed-Version":"$LATEST",',
        '"x-amzn-RequestId":"X-Amzn-Trace-Id":"root=1-;sampled=0"},"HttpStatusCode":200},"SdkResponseMetadata":',
        '{"RequestId":"StatusCode":200}],"FunctionName":{"failure":[{"mark":"frame"},{"mark":"assigned"},',
        '{"mark":"only-scheduled"},{"mark":"activity-started"},{"mark":"submitted"},{"mark":"task-failed"},',
        '{"mark":"task-timed-out"},{"mark":"evaluation-failed"},{"mark":"retried"},{"mark":"caught"},',
        '{"mark":"state-aborted"},{"mark":"forked"},{"mark":"branch"},{"mark":"iteration"},["Succeeded"],["Failed"],',
        '{"mark":"iteration-ended"},{"mark":"branch-ended"},{"mark":"joined"},{"mark":"map-run-started"},',
        '{"mark":"map-run-ended"},{"mark":"redriven"},{"mark":"aborted"},{"mark":"timed-out"},{"mark":"failed"},',
        '"],"slots":[0,1,2,3,4,7,8,9,4,10,9,11,{"mark":"scheduled"},{"invoke":[4,null,null,2]},{"state":["',
        '"/States/{"mark":"task-succeeded"},{"mark":"exited"},{"mark":"succeeded"}',
        '{"things":[{"mark":"at"},[17],[null],{"mark":"started"},[{"arn:aws:iam::123456789012:role/"],["us-east-1"],',
        '{"tuple":[5,6]},{"mark":"entered"},',
    )
).encode()  # fmt: skip
"""What short histories have in common, so that they need not say it: a part of the format, and never changed."""


def pack(records: Records) -> bytes:
    """Return a record as bytes: the format, and compressed JSON of its things and of which stands in which slot."""
    packer = _Packer()
    slots = [packer.number(slot) for slot in records]
    text = f'{{"things":[{",".join(packer.texts)}],"slots":{json.dumps(slots, separators=(",", ":"))}}}'
    compressor = zlib.compressobj(_LEVEL, zdict=_WORDS)
    packed = compressor.compress(text.encode("utf-8", "surrogatepass"))
    return bytes((FORMAT,)) + packed + compressor.flush()


class _Packer:
    """Numbers the things of a record. A JSON value is written as a list of it, so it is never taken for another."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._known: dict[int, int] = {}  # by `id`, as most slots refer to the same few values

    def number(self, thing: Any) -> int:
        number = self._known.get(id(thing))
        if number is None:
            text = self._text(thing)
            number = self._numbers.get(text)
            if number is None:
                number = self._numbers[text] = len(self.texts)
                self.texts.append(text)
            self._known[id(thing)] = number
        return number

    def _text(self, thing: Any) -> str:
        kind = type(thing)
        if kind is State:
            resource = None if thing.resource is None else thing.resource.text
            return json_text({"state": [thing.name, thing.pointer, thing.type, resource]})
        if kind is Mark:
            return json_text({"mark": thing.name})
        if kind is Invoke:
            parts = [self.number(thing.payload), thing.timeout, thing.heartbeat, self.number(thing.credentials)]
            return json_text({"invoke": parts})
        if kind is RecordedFailure:
            return json_text({"failure": list(thing)})
        if kind is tuple:
            return json_text({"tuple": [self.number(part) for part in thing]})
        return f"[{json_text(thing)}]"


def unpack(body: bytes) -> Records:
    """Return the record that was packed. Raises StoreFailed for a format that this version does not know."""
    if body[0] != FORMAT:
        raise StoreFailed(f"a history has format {body[0]}, and this version reads format {FORMAT}")
    data = json.loads(zlib.decompressobj(zdict=_WORDS).decompress(body[1:]).decode("utf-8", "surrogatepass"))
    things: list[Any] = []
    for thing in data["things"]:  # what is made of others stands behind them
        things.append(thing[0] if isinstance(thing, list) else _read(thing, things))
    return [things[number] for number in data["slots"]]


def _read(thing: dict[str, Any], things: list[Any]) -> Any:
    ((kind, content),) = thing.items()
    if kind == "state":
        name, pointer, type_, resource = content
        state = State(name, pointer, type_)
        state.resource = None if resource is None else parse_resource(resource)
        return state
    if kind == "mark":
        return Mark.by_name[content]
    if kind == "invoke":
        payload, timeout, heartbeat, credentials = content
        return Invoke(things[payload], timeout, heartbeat, things[credentials])
    return RecordedFailure(*content) if kind == "failure" else tuple(things[number] for number in content)
