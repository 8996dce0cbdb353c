"""A recorded execution as a regression test: a pytest file with its input, its answers, and what came of it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from asl_engine.errors import UsageError
from asl_engine.history.visits import Attempt
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.mock import NO_ANSWER
from asl_engine.testing.recording.likeness import alike
from asl_engine.testing.recording.literal import literal
from asl_engine.testing.recording.recording import Recording, answer_of
from asl_engine.testing.recording.replaying import REPLAYED
from asl_engine.values import NotJSON

METADATA: Final = ("SdkHttpMetadata", "SdkResponseMetadata")
"""What every result of a service has, and few definitions look at."""


def test_from(recording: Recording, definition: str, title: str, replayed: TestedExecution | None) -> str:
    """Return the text of a test file. `definition` is the path that the test loads, `title` says what it is about.

    The mocks are the recorded answers, for each state in the order in which they were asked for, with the time that
    each took. What the test asserts is the path, and the end; of an output in which UUIDs or times were others when it
    was `replayed`, that it is alike.
    """
    words = re.sub(r"\W+", "_", title).strip("_").lower() or "recorded_execution"
    path = literal([visit.state for visit in recording.story], 4)
    body = [
        f"def test_{words}(workflow):",
        f"    machine = workflow({literal(definition)}, start_time={recording.start!r})",
        *_mocks(recording),
        "",
        f"    execution = machine.run({literal(recording.input, 4)}{_name(replayed)}{_schedule(recording)})",
        "",
        f"    assert execution.path == {path}",
        *_end(recording, replayed),
    ]
    words_used = set(re.findall(r"\w+", "\n".join(body)))
    names = [name for name in ("NO_ANSWER", "Answer", "alike", "stop") if name in words_used]
    imported = [f"from asl_engine.testing import {', '.join(names)}", "", ""] if names else [""]
    return "\n".join([f'"""A recorded execution, as a regression test: {words}."""', "", *imported, *body, ""])


test_from.__test__ = False  # type: ignore[attr-defined] # pytest takes functions of such names for tests


def _mocks(recording: Recording) -> list[str]:
    keeps = any(name in json.dumps(visit.output) for visit in recording.story for name in METADATA)
    return [_mock(state, attempts, keeps) for state, attempts in recording.attempts().items() if attempts]


def _mock(state: str, attempts: list[Attempt], keeps_metadata: bool) -> str:
    answers = [_answer(attempt, keeps_metadata) for attempt in attempts]
    if len(answers) == 1:
        return f"    machine.mock({literal(state)}, {_answer(attempts[0], keeps_metadata, 4)})"
    lines = "".join(f"        {answer},\n" for answer in answers)
    return f"    machine.mock(\n        {literal(state)},\n{lines}    )"


def _answer(attempt: Attempt, keeps_metadata: bool, indent: int = 8) -> str:
    try:
        answer: Any = answer_of(attempt)
    except NotJSON as problem:
        raise UsageError(f"the history holds what no execution could have: {problem}") from None
    if answer is NO_ANSWER:
        return "NO_ANSWER"
    after = f", after={answer.after!r}" if answer.after else ""
    if answer.heartbeat_every is not None:
        after += f", heartbeat_every={answer.heartbeat_every!r}"
    if answer.is_failure and answer.heartbeat_every is not None:
        return f"Answer(error={literal(answer.error)}, cause={literal(answer.cause)}{after})"
    if answer.is_failure:
        return f"Answer.failure({literal(answer.error)}, {literal(answer.cause)}{after})"
    output = answer.output
    if isinstance(output, dict) and not keeps_metadata:
        output = {name: value for name, value in output.items() if name not in METADATA}
    text = literal(output, indent)
    return f"Answer({text}{after})" if after else text


def _name(replayed: TestedExecution | None) -> str:
    return f", name={literal(replayed.name)}" if replayed is not None and replayed.name != REPLAYED else ""


def _schedule(recording: Recording) -> str:
    if not recording.schedule:
        return ""
    return f", at={{{recording.duration!r}: stop({literal(recording.error)}, {literal(recording.cause)})}}"


def _end(recording: Recording, replayed: TestedExecution | None) -> list[str]:
    if recording.status == "SUCCEEDED":
        if replayed is not None and replayed.output != recording.output and alike(recording.output, replayed.output):
            return [f"    assert alike(execution.output, {literal(recording.output, 4)})"]
        return [f"    assert execution.output == {literal(recording.output, 4)}"]
    return [f'    assert (execution.status, execution.error) == ("{recording.status}", {literal(recording.error)})']
