"""An execution told in a few lines, for somebody whose test has just failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from asl_engine.execution import Execution
from asl_engine.history.story import read_story
from asl_engine.history.summary import message_of
from asl_engine.history.visits import Visit
from asl_engine.strange_text import on_one_line, printable_json
from asl_engine.values import JSON, elapsed

MOST_LINES: Final = 40
"""How many visits are told; of a longer path the first and the last."""

WIDEST: Final = 300
"""How long the text of a value may be, in characters."""


def account(execution: Execution, story: Sequence[Visit], left_over: Sequence[str]) -> str:
    """Return the end of an execution, its path with what went wrong, and the input and output of the last state."""
    lines = [_end(execution)]
    lines += _path(story, execution.started_at)
    lines += _last(story)
    for run in execution.map_runs:
        items = run.items
        lines.append(f"Map Run of {run.state!r}: {items['succeeded']} of {items['total']} items succeeded")
        bad = next((child for child in run.children if child.status in ("FAILED", "TIMED_OUT")), None)
        if bad is not None:
            lines.append("the first child execution that failed:")
            lines += [f"  {line}" for line in _end_of(bad.history, bad.status, bad.error, bad.cause)]
    if left_over:
        lines.append(f"after the end, and so without effect: {', '.join(left_over)}")
    if execution.status == "SUCCEEDED":
        lines.append(f"output of the execution: {short(execution.output)}")
    return "\n".join(map(on_one_line, lines))


def _end(execution: Execution) -> str:
    """Return how an execution ended, on one line."""
    return f"{execution.status} after {elapsed(execution.duration)}{_failure(execution.error, execution.cause)}"


def _last(story: Sequence[Visit]) -> list[str]:
    """Return the details of the state that failed, or of the last one."""
    outer = {id(visit.parent) for visit in story if visit.status == "FAILED"}
    failed = (visit for visit in story if visit.status == "FAILED" and id(visit) not in outer)
    last = next(failed, story[-1] if story else None)
    return [] if last is None else _details(last)


def _end_of(history: Iterable[Mapping[str, Any]], status: str, error: str | None, cause: str | None) -> list[str]:
    """Return how a child execution ended, and the details of the state that failed."""
    return [f"{status}{_failure(error, cause)}", *_last(read_story(history))]


def _path(story: Sequence[Visit], start: float) -> list[str]:
    lines = [_line(visit, start) for visit in story]
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    return [*lines[:half], f"  ... {len(lines) - 2 * half:,} more ...", *lines[-half:]]


def _line(visit: Visit, start: float) -> str:
    tries = f" (attempt {len(visit.attempts)})" if len(visit.attempts) > 1 else ""
    wrong = _failure(visit.error, visit.cause) if visit.status in ("FAILED", "CAUGHT") else ""
    when = elapsed(visit.entered_at - start)
    return f"  {when:>13}  {indent(visit)}{visit.state}: {visit.status.lower()}{tries}{wrong}"


def indent(visit: Visit) -> str:
    """Return the blanks before a state that stands inside others, and the number of its item."""
    depth, outer = 0, visit.parent
    while outer is not None:
        depth, outer = depth + 1, outer.parent
    return "  " * depth + ("" if visit.iteration is None else f"[{visit.iteration}] ")


def _failure(error: str | None, cause: str | None) -> str:
    if error is None and cause is None:
        return ""
    return f": {error or 'no error name'}{f', {short_text(message_of(cause))}' if cause else ''}"


def _details(visit: Visit) -> list[str]:
    lines = [f"state {visit.state!r}:", f"  input:   {short(visit.input)}"]
    if visit.attempts:
        lines.append(f"  payload: {short(visit.attempts[-1].payload)}")
    if visit.status in ("SUCCEEDED", "CAUGHT"):
        lines.append(f"  output:  {short(visit.output)}")
    return lines


def short(value: JSON) -> str:
    """Return a value as JSON text, cut off where it is long."""
    return short_text(printable_json(json.dumps(value, ensure_ascii=False)))


def short_text(text: str) -> str:
    """Return a text on one line, cut off where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= WIDEST else f"{line[:WIDEST]}... ({len(line):,} characters)"


def explain_path(
    actual: Sequence[str], expected: Sequence[str], execution: Execution, story: Sequence[Visit]
) -> list[str]:
    """Return where a path differs from what was expected, and what the state before that place had."""
    at = next((n for n, (a, b) in enumerate(zip(actual, expected, strict=False)) if a != b), None)
    if at is None:
        at = min(len(actual), len(expected))
    came = repr(actual[at]) if at < len(actual) else "the end"
    wanted = repr(expected[at]) if at < len(expected) else "the end"
    lines = [f"the path differs at state {at + 1}: expected {wanted}, came {came}"]
    lines.append(f"  came:     {_near(actual, at)}")
    lines.append(f"  expected: {_near(expected, at)}")
    if 0 < at <= len(story):
        lines += _details(story[at - 1])
    return list(map(on_one_line, [*lines, _end(execution)]))


def _near(path: Sequence[str], at: int) -> str:
    """Return the part of a path around a place, with the place in brackets."""
    names = [f"[{name}]" if number == at else name for number, name in enumerate(path)]
    shown = names[max(0, at - 4) : at + 3]
    return " > ".join([*(["..."] if at > 4 else []), *shown, *(["..."] if at + 3 < len(names) else [])]) or "(nothing)"
