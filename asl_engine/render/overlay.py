"""What happened in an execution, put on the graph: how each state ended, how often it was entered, which ways were
taken.

Reads history events as `GetExecutionHistory` gives them, whole or not, of an execution that has ended or not. Only
the order, `type`, `id`, `previousEventId` and the details are used. The events of Parallel branches and Map
iterations are mixed in a history, so what belongs together is found along `previousEventId` and never by position.

Nodes get `status` (succeeded, failed, caught, running, aborted or not-reached), `visits`, `seconds` (how long the state
took, all visits together; None when the events have no times), and where there is something to say, `note` and `cause`
(of the error). Edges get `taken`: how often each of its two lines was taken, by whether it is the one for errors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import networkx

from asl_engine.render.graph import END, START, join_of, owner_of
from asl_engine.render.text import duration
from asl_engine.tasks.invoke import message_of

Event: TypeAlias = Mapping[str, Any]
Items: TypeAlias = Mapping[str, Mapping[str, int]]
"""Counts of the items of distributed Maps by what became of them, by the names of the Maps."""

_FAILURES: Final = ("Failed", "TimedOut", "FailedToStart", "ScheduleFailed", "StartFailed", "SubmitFailed")
_ENDINGS: Final = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
_OUTCOMES: Final = {
    "succeeded": "succeeded",
    "failed": "failed",
    "timedOut": "timed out",
    "aborted": "aborted",
    "running": "running",
    "pending": "pending",
}
_BRIEF: Final = 0.01
"""Seconds below which a duration is not worth a word."""

_LATEST: Final = datetime.max.replace(tzinfo=UTC).timestamp()
"""The last second that calendars have."""

_WORST_FIRST: Final = ("failed", "running", "caught", "aborted", "succeeded")


@dataclass(slots=True)
class _Visit:
    """One time that a state was entered."""

    state: str
    outer: _Visit | None
    began: float | None = None
    ended: float | None = None
    status: str = "running"
    error: str = ""
    cause: str = ""
    failures: int = 0
    inside: list[_Visit] = field(default_factory=list)
    """The visits in it, not those in them."""

    has_failed: bool = False
    """Whether the last thing heard of it was a failure; a retry takes that back."""

    iterations: Counter[str] = field(default_factory=Counter)
    """Of a Map, how many iterations started, succeeded, failed, were aborted."""


@dataclass(slots=True)
class _Story:
    """What has been read so far."""

    pointers: dict[str, str]
    graph: networkx.DiGraph
    visits: list[_Visit] = field(default_factory=list)
    at: dict[int, _Visit | None] = field(default_factory=dict)
    """Event id -> the visit that it belongs to; for an exit, the visit that was left."""
    left: set[int] = field(default_factory=set)
    entered: dict[tuple[str, int], _Visit] = field(default_factory=dict)
    """The visits by their state and the id of the event before the one that entered it."""
    ended: int = 0
    """How many of the visits came before the last end of the execution, which may be redriven."""
    taken: Counter[tuple[str, str, bool]] = field(default_factory=Counter)


def mark(graph: networkx.DiGraph, events: Sequence[Event], items: Items | None = None) -> networkx.DiGraph:
    """Return a copy of a graph with what the events tell about its states and transitions."""
    marked = graph.copy()
    states = {key: node for key, node in marked.nodes(data=True) if key.rpartition("/States/")[1]}
    pointers = {node["name"]: key for key, node in reversed(states.items())}
    story = _Story(pointers, marked)
    for number, event in enumerate(events, 1):
        _read(story, event, int(event.get("id", number)), int(event.get("previousEventId") or number - 1))
    _mark_states(states, story.visits, items or {})
    for (source, target, is_catch), count in story.taken.items():
        marked.edges[source, target].setdefault("taken", {})[is_catch] = count
    if not any(target == END for _, target, _ in story.taken):
        marked.nodes[END]["status"] = "not-reached"
    return marked


def _read(story: _Story, event: Event, number: int, previous: int) -> None:
    """Add one event to the story."""
    kind = str(event.get("type", ""))
    before = story.at.get(previous)
    if kind.endswith("StateEntered"):
        story.at[number] = _enter(story, event, before, previous)
    elif kind.endswith("StateExited"):
        story.at[number] = _exit(story, event, before)
        story.left.add(number)
    else:
        is_evaluation = kind == "EvaluationFailed"
        visit = _evaluated(story, event, before, previous) if is_evaluation else _subject(story, kind, before)
        story.at[number] = visit
        if kind in _ENDINGS:
            _finish(story, kind, event, visit)
        elif kind.startswith("MapIteration"):
            _count_iteration(story, kind, event, visit)
        elif visit is not None:
            _note_failure(visit, kind, event)


def _enter(story: _Story, event: Event, before: _Visit | None, previous: int) -> _Visit | None:
    target = story.pointers.get(_detail(event, "name"))
    if target is None:
        return before
    was_left = previous in story.left
    owner = owner_of(story.graph.nodes[target]["block"])
    outer = _outwards(before, lambda visit: visit.state == owner)  # so that nothing nests deeper than the machine
    source = before.state if before else START
    _take(story, source, target, bool(before and was_left and before.status == "caught"))
    visit = story.entered[target, previous] = _Visit(target, outer, _moment_of(event))
    story.visits.append(visit)
    if outer is not None:
        outer.inside.append(visit)
    return visit


def _take(story: _Story, source: str, target: str, is_catch: bool) -> None:
    edge = story.graph.get_edge_data(source, target)
    if edge is not None and any((item.why == "catch") is is_catch for item in edge["transitions"]):
        story.taken[source, target, is_catch] += 1


def _exit(story: _Story, event: Event, before: _Visit | None) -> _Visit | None:
    """Close the visit that an exit names: the previous event may be one of a state inside it."""
    pointer = story.pointers.get(_detail(event, "name"))
    visit = _outwards(before, lambda visit: visit.state == pointer)
    if visit is None or visit.status != "running":
        return before
    visit.status = "caught" if visit.has_failed else "succeeded"
    visit.ended = _moment_of(event)
    if story.graph.nodes[visit.state]["inner"]:
        _abort_inside(story, visit)
    if visit.status == "succeeded":
        owner = owner_of(story.graph.nodes[visit.state]["block"])
        _take(story, visit.state, join_of(owner) if owner else END, False)
    return visit


def _outwards(visit: _Visit | None, is_it: Callable[[_Visit], bool]) -> _Visit | None:
    while visit is not None and not is_it(visit):
        visit = visit.outer
    return visit


def _subject(story: _Story, kind: str, before: _Visit | None) -> _Visit | None:
    """Return the visit that an event is about: `ParallelStateFailed` follows an event of a state inside it."""
    word = "Parallel" if kind.startswith("Parallel") else "Map" if kind.startswith("Map") else None
    if word is None:
        return before
    return _outwards(before, lambda visit: story.graph.nodes[visit.state]["type"] == word) or before


def _evaluated(story: _Story, event: Event, before: _Visit | None, previous: int) -> _Visit | None:
    """Return the visit that an EvaluationFailed names; if the input failed, it follows what came before the state."""
    named = story.pointers.get(_detail(event, "state"), "")
    if before is not None and before.state == named and before.status == "running":
        return before
    visit = story.entered.get((named, previous))
    return visit if visit is not None and visit.status == "running" else before


def _count_iteration(story: _Story, kind: str, event: Event, visit: _Visit | None) -> None:
    """Count for the Map that the event names: an iteration of an outer Map may end with a state of an inner one."""
    named = story.pointers.get(_detail(event, "name"))
    visit = _outwards(visit, lambda visit: visit.state == named) or visit
    if visit is not None:
        visit.iterations[kind.removeprefix("MapIteration").lower()] += 1


def _moment_of(event: Event) -> float | None:
    """Return when an event happened, in seconds: files have it as a number or as ISO 8601; None for what is no time."""
    moment = event.get("timestamp")
    try:
        moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        seconds = moment.timestamp() if isinstance(moment, datetime) else moment
    except (ValueError, OverflowError, OSError):
        return None
    return float(seconds) if isinstance(seconds, int | float) and abs(seconds) < _LATEST else None


def _note_failure(visit: _Visit, kind: str, event: Event) -> None:
    visit.has_failed = kind.endswith(_FAILURES) and not kind.startswith("MapIteration")
    if visit.has_failed:
        visit.failures += 1
        visit.error = _detail(event, "error") or visit.error
        visit.cause = _detail(event, "cause") or visit.cause
        if kind.endswith("TimedOut"):
            visit.error = visit.error or "States.Timeout"


def _detail(event: Event, name: str) -> str:
    details = (value for key, value in event.items() if key.endswith("EventDetails") and isinstance(value, Mapping))
    return next((str(detail[name]) for detail in details if detail.get(name)), "")


def _abort_inside(story: _Story, outer: _Visit) -> None:
    """Close what is still open inside a visit that ends: it failed there, or was stopped because something else did."""
    for visit in (visit for visit in outer.inside if visit.status == "running"):
        visit.status = "failed" if visit.has_failed or _is_fail_state(story, visit) else "aborted"
        visit.ended = outer.ended
        _abort_inside(story, visit)


def _is_fail_state(story: _Story, visit: _Visit) -> bool:
    return bool(story.graph.nodes[visit.state]["type"] == "Fail")


def _finish(story: _Story, kind: str, event: Event, visit: _Visit | None) -> None:
    """Close everything: what led to the failure has failed, what else was open has been aborted."""
    moment = _moment_of(event)
    still_open = [visit for visit in story.visits[story.ended :] if visit.status == "running"]
    story.ended = len(story.visits)
    for open_visit in still_open:
        open_visit.ended = moment
    if kind == "ExecutionFailed":
        while visit is not None:
            visit.status = "failed" if visit.status == "running" else visit.status
            visit.error = visit.error or _detail(event, "error")
            visit.cause = visit.cause or _detail(event, "cause")
            visit = visit.outer
    for open_visit in (visit for visit in still_open if visit.status == "running"):
        has_failed = kind == "ExecutionFailed" and (open_visit.has_failed or _is_fail_state(story, open_visit))
        open_visit.status = "failed" if has_failed else "aborted"


def _mark_states(states: Mapping[str, dict[str, Any]], visits: Iterable[_Visit], items: Items) -> None:
    by_state: dict[str, list[_Visit]] = {}
    for visit in visits:
        by_state.setdefault(visit.state, []).append(visit)
    for key, node in states.items():
        seen = by_state.get(key, [])
        node["visits"] = len(seen)
        node["status"] = min((visit.status for visit in seen), key=_WORST_FIRST.index, default="not-reached")
        node["seconds"] = _seconds(seen)
        node["cause"] = _cause(node["status"], seen)
        node["note"] = " · ".join(filter(None, _notes(node, seen, items)))


def _cause(status: str, visits: Sequence[_Visit]) -> str:
    """Return the cause of the last failure, as a person reads it."""
    if status not in ("failed", "caught"):
        return ""
    return message_of(next((visit.cause for visit in reversed(visits) if visit.status == status), ""))


def _seconds(visits: Sequence[_Visit]) -> float | None:
    times = [visit.ended - visit.began for visit in visits if visit.began is not None and visit.ended is not None]
    return sum(times) if times else None


def _notes(node: Mapping[str, Any], visits: Sequence[_Visit], items: Items) -> Iterator[str]:
    """Yield the notes under a state's name: error first, as it is what one looks for."""
    errors = [visit.error for visit in visits if visit.error and visit.status == node["status"]]
    if errors and errors[-1] not in node["kind"] and node["status"] in ("failed", "caught"):
        yield errors[-1]
    if len(visits) > 1:
        wins = sum(visit.status in ("succeeded", "running") for visit in visits)
        yield f"×{len(visits)}" if wins in (0, len(visits)) else f"{wins} of {len(visits)} succeeded"
    yield _outcomes(items.get(node["name"]) or _iterations(visits))
    retries = sum(visit.failures for visit in visits) - sum(visit.status in ("failed", "caught") for visit in visits)
    if retries > 0 and node["retry"]:
        yield f"retried {retries}×"
    if (node["seconds"] or 0) >= _BRIEF:
        yield duration(node["seconds"]) + (" in all" if len(visits) > 1 else "")


def _iterations(visits: Sequence[_Visit]) -> Counter[str]:
    """Return the iterations of a Map by outcome; one that has no end runs, or was stopped with its Map."""
    counts = sum((visit.iterations for visit in visits), Counter[str]())
    for visit in visits:
        ended = sum(count for outcome, count in visit.iterations.items() if outcome != "started")
        counts["running" if visit.status == "running" else "aborted"] += max(0, visit.iterations["started"] - ended)
    return counts


def _outcomes(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {word}" for name, word in _OUTCOMES.items() if counts.get(name))
