"""Coverage: which parts of a state machine the executions of a test run reached.

A part is known by its JSON pointer. There are six kinds:

    state        a state was entered                       /States/Charge
    transition   a state was left by its `Next` or `End`   /States/Charge/Next
    choice       a rule applied, or none and the Default   /States/Big?/Choices/0, /States/Big?/Default
    retrier      a retrier had the work done again         /States/Charge/Retry/0
    catcher      a catcher took a failure                  /States/Charge/Catch/1
    branch       a branch, or an item's way, was begun     /States/Both/Branches/0, /States/Each/ItemProcessor
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from asl_engine.history import Mark, Records
from asl_engine.lang.expr import Scope
from asl_engine.model import states as model
from asl_engine.model.walk import StateAt, Way, inner_blocks, states, ways_out
from asl_engine.pointers import last_step
from asl_engine.program.program import Done, Move, Program, Route, Run, State

KINDS: Final = ("state", "transition", "choice", "retrier", "catcher", "branch")


class Part(NamedTuple):
    """A part of a state machine: its pointer, its kind, the state that it is of, and what it is in a few words."""

    pointer: str
    kind: str
    state: str
    words: str


def parts_of(machine: model.StateMachine) -> list[Part]:
    """Return every part that an execution can reach, in the order of the document."""
    return [part for at in states(machine) for part in _parts_of_state(at)]


def _parts_of_state(at: StateAt) -> Iterator[Part]:
    pointer, name, state, _ = at
    yield Part(pointer, "state", name, f"state {name!r}")
    if isinstance(state, model.Transition) and state.next is None:
        yield Part(f"{pointer}/End", "transition", name, f"the end after {name!r}")
    ways = list(ways_out(state))
    yield from (Part(pointer + way.pointer, *_words(way, name)) for way in ways if way.kind != "catch")
    for index, retrier in enumerate(getattr(state, "retry", ())):
        errors = ", ".join(retrier.error_equals)
        yield Part(f"{pointer}/Retry/{index}", "retrier", name, f"retrier of {name!r} for {errors}")
    yield from (Part(pointer + way.pointer, *_words(way, name)) for way in ways if way.kind == "catch")
    for inner, _ in inner_blocks(state):
        yield Part(pointer + inner, "branch", name, f"{inner[1:].replace('/', ' ')} of {name!r}")


def _words(way: Way, name: str) -> tuple[str, str, str]:
    """Return of a way out of a state: which kind of part it is, the state, and what it is in a few words."""
    if way.kind == "choice":
        return "choice", name, f"rule {last_step(way.pointer)} of {name!r}, to {way.target!r}"
    if way.kind == "default":
        return "choice", name, f"the Default of {name!r}, to {way.target!r}"
    if way.kind == "next":
        return "transition", name, f"from {name!r} to {way.target!r}"
    return "catcher", name, f"catcher of {name!r} for {', '.join(way.part.error_equals)}"


def _way_on(following: Any) -> str:
    return "/End" if following is None else "/Next"


class Reached:
    """How often each part of one machine was reached. Executions whose parts are counted must run `program`, which
    tells by which rule each Choice was left: history does not."""

    def __init__(self, program: Program) -> None:
        self.counts: Counter[str] = Counter()
        self._starts = {block.start.pointer: pointer for pointer, block in program.blocks.items() if pointer}
        program.instrument(self._counting)

    def add(self, records: Records) -> None:
        """Count the parts that an execution reached, from its record."""
        counts, is_caught = self.counts, False
        for what, state, at in zip(records[::3], records[1::3], records[2::3], strict=True):
            if type(what) is State:
                self._entered(what)
                _left(counts, what)
            elif what is Mark.ENTERED:
                self._entered(state)
            elif what is Mark.CAUGHT:
                counts[f"{state.pointer}/Catch/{at}"] += 1
                is_caught = True
            elif what is Mark.EXITED:
                if not is_caught:
                    _left(counts, state)
                is_caught = False
            elif what is Mark.RETRIED:
                counts[f"{state.pointer}/Retry/{at}"] += 1

    def _counting(self, state: State, run: Run) -> Run:
        """Have a Choice count the way by which it is left; other states are left as they are."""
        if state.type != "Choice":
            return run
        counts = self.counts
        pointers: dict[Route, str] = {route: f"{state.pointer}/Choices/{at}" for at, route in enumerate(state.rules)}
        pointers[state.route] = f"{state.pointer}/Default"

        def run_and_count(scope: Scope) -> Move:
            move = run(scope)
            if type(move) is Done:
                counts[pointers[move.route]] += 1
            return move

        return run_and_count

    def _entered(self, state: State) -> None:
        self.counts[state.pointer] += 1
        if state.pointer in self._starts:
            self.counts[self._starts[state.pointer]] += 1


def _left(counts: Counter[str], state: State) -> None:
    if state.type not in ("Choice", "Succeed", "Fail"):
        counts[state.pointer + _way_on(state.route.next)] += 1


class Covered:
    """The coverage of one definition: its parts, and how often each was reached. Those of several runs add up."""

    def __init__(self, name: str, parts: list[Part], counts: Mapping[str, int]) -> None:
        self.name = name
        self.parts = parts
        self.counts = Counter(counts)

    def missing(self) -> list[Part]:
        """Return the parts that nothing reached."""
        return [part for part in self.parts if not self.counts[part.pointer]]

    def tally(self, kind: str | None = None) -> tuple[int, int]:
        """Return how many parts, of one kind or of all, were reached, and how many there are."""
        parts = [part for part in self.parts if kind in (None, part.kind)]
        return sum(bool(self.counts[part.pointer]) for part in parts), len(parts)

    @property
    def percent(self) -> float:
        """How many of a hundred parts were reached; 100 where there are none."""
        reached, all_parts = self.tally()
        return 100.0 * reached / all_parts if all_parts else 100.0
