"""A matcher for regular expressions that counts its steps: exactly JavaScript's meaning, and never without an end.

A tree becomes a program: a list of steps, each a small function that looks at the run, moves it and returns where to
go on, or FAIL. Where there are two ways, a step leaves the other one on the stack of the run; FAIL takes the latest.
There is no recursion but for lookarounds, whose nesting the pattern bounds, so long texts cost memory and not stack
frames. Registers (what groups have matched, how often a loop has turned) are copied when written, so the stack can keep
old ones.

Each step costs one of the budget of a text. When it is used up the run ends with TooManySteps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from asl_engine.lang.regex.costs import beginnings, shortest
from asl_engine.lang.regex.sets import NEWLINES, WORDS, Ranges, canonical, membership, source
from asl_engine.lang.regex.syntax import Back, Chars, Choice, Edge, Group, Look, Node, Pattern, Repeat, Sequence

FAIL: Final = -1
MAX_STACK: Final = 200_000
"""The most ways that can be open at once, which bounds memory: about 40 MB."""


class TooManySteps(Exception):
    """The budget is used up."""


class Run:
    """One attempt: the text, the place in it, the registers, the ways left open, and what remains of the budget.

    A way is (where in the program, place, registers, lowest place): with a lowest place below the place, all places in
    between are further ways, which is how a greedy loop over single characters gives them back one by one.
    """

    __slots__ = ("place", "registers", "size", "stack", "steps", "text")

    def __init__(self, text: str, registers: int, steps: int) -> None:
        self.text = text
        self.size = len(text)
        self.steps = steps
        self.registers = [-1] * registers
        self.stack: list[tuple[int, int, list[int], int]] = []
        self.place = 0

    def leave(self, program_place: int, place: int, lowest: int) -> None:
        """Keep a way for later."""
        if len(self.stack) >= MAX_STACK:
            raise TooManySteps
        self.stack.append((program_place, place, self.registers, lowest))

    def resume(self) -> int:
        """Take the latest way, or return FAIL where there is none."""
        if not self.stack:
            return FAIL
        program_place, place, self.registers, lowest = self.stack.pop()
        self.place = place
        if place > lowest:
            self.stack.append((program_place, place - 1, self.registers, lowest))
        return program_place

    def put(self, register: int, value: int) -> None:
        """Write a register."""
        self.fork()
        self.registers[register] = value

    def fork(self) -> None:
        """Copy the registers before they are written; many of them cost steps, which bounds memory as well."""
        self.steps -= len(self.registers) >> 3
        self.registers = self.registers.copy()


Step = Callable[[Run], int]


def execute(program: list[Step], run: Run) -> bool:
    """Run a program from the place of the run; on success that is where the match ends. Raise TooManySteps."""
    at, end = 0, len(program)
    while at != end:
        run.steps -= 1
        if run.steps < 0:
            raise TooManySteps
        at = program[at](run)
        if at == FAIL and (at := run.resume()) == FAIL:
            return False
    return True


def compile_program(pattern: Pattern) -> tuple[list[Step], int]:
    """Return the program of a pattern and how many registers it needs; those of group n are 2n-2 and 2n-1."""
    compiler = _Compiler(pattern.groups * 2)
    return compiler.program(pattern.root, False), compiler.registers


class _Compiler:
    """Writes steps to the end of a program; `backward` is how the inside of a lookbehind goes through the text."""

    def __init__(self, registers: int) -> None:
        self.registers = registers
        self.steps: list[Step] = []

    def program(self, node: Node, backward: bool) -> list[Step]:
        outer, self.steps = self.steps, []
        self.emit(node, backward)
        self.steps, steps = outer, self.steps
        return steps

    def register(self, count: int = 1) -> int:
        self.registers += count
        return self.registers - count

    def emit(self, node: Node, backward: bool) -> None:
        match node:
            case Chars():
                self.steps.append(_one(node, backward, len(self.steps) + 1))
            case Sequence():
                for item in reversed(node.items) if backward else node.items:
                    self.emit(item, backward)
            case Choice():
                self._choice(node, backward)
            case Group():
                self._group(node, backward)
            case Repeat(body=Chars(), lazy=False) if not backward:
                self.steps.append(_greedy(node, len(self.steps) + 1))
            case Repeat():
                self._repeat(node, backward)
            case Edge():
                self.steps.append(_edge(node.kind, len(self.steps) + 1))
            case Look():
                self.steps.append(_look(node, self.program(node.body, node.behind), len(self.steps) + 1))
            case Back():
                self.steps.append(_back(node, backward, len(self.steps) + 1))

    def _hold(self) -> int:
        """Reserve the place of a step that is known only later."""
        self.steps.append(_fail)
        return len(self.steps) - 1

    def _choice(self, node: Choice, backward: bool) -> None:
        jumps = []
        for option in node.options[:-1]:
            fork = self._hold()
            self.emit(option, backward)
            jumps.append(self._hold())
            start = None if backward or not shortest(option) else beginnings(option, None)
            self.steps[fork] = _fork(start, fork + 1, len(self.steps))
        self.emit(node.options[-1], backward)
        for jump in jumps:
            self.steps[jump] = _jump(len(self.steps))

    def _group(self, node: Group, backward: bool) -> None:
        mark = self.register()
        self.steps.append(_mark(mark, len(self.steps) + 1))
        self.emit(node.body, backward)
        self.steps.append(_capture(node.index, mark, backward, len(self.steps) + 1))

    def _repeat(self, node: Repeat, backward: bool) -> None:
        count = self.register(2)
        self.steps.append(_reset(count, len(self.steps) + 1))
        head = self._hold()
        self.steps.append(_turn(node, count, head + 2))
        self.emit(node.body, backward)
        self.steps.append(_turned(node.low, count, head))
        self.steps[head] = _loop(node, count, head + 1, len(self.steps))


# --- steps ------------------------------------------------------------------------------------------------------------


def _fail(run: Run) -> int:
    return FAIL


def _one(node: Chars, backward: bool, after: int) -> Step:
    accepts = membership(node.ranges)

    def forward(run: Run) -> int:
        place = run.place
        if place < run.size and accepts(run.text[place]):
            run.place = place + 1
            return after
        return FAIL

    def back(run: Run) -> int:
        place = run.place - 1
        if place >= 0 and accepts(run.text[place]):
            run.place = place
            return after
        return FAIL

    return back if backward else forward


def _greedy(node: Repeat, after: int) -> Step:
    """A loop over single characters: `re` finds in one go how far it can reach, which is a step for each 32 of them."""
    assert isinstance(node.body, Chars)
    most = "" if node.high is None else str(node.high)
    reach = re.compile(f"{source(node.body.ranges)}{{{node.low},{most}}}").match

    def step(run: Run) -> int:
        end = reach(run.text, run.place)
        if end is None:
            return FAIL
        start, run.place = end.span()
        run.steps -= (run.place - start) >> 5
        if run.place > start + node.low:
            run.leave(after, run.place - 1, start + node.low)
        return after

    return step


def _fork(start: Ranges | None, first: int, other: int) -> Step:
    """Two ways, of which the first is not even tried where it is known that it cannot begin here."""
    accepts = membership(start) if start else None

    def step(run: Run) -> int:
        if accepts and (run.place >= run.size or not accepts(run.text[run.place])):
            return other
        run.leave(other, run.place, run.place)
        return first

    return step


def _jump(target: int) -> Step:
    return lambda run: target


def _mark(register: int, after: int) -> Step:
    def step(run: Run) -> int:
        run.put(register, run.place)
        return after

    return step


def _capture(index: int, mark: int, backward: bool, after: int) -> Step:
    """The end of a group: only now does it have a value, so that a reference from inside finds the previous one."""

    def step(run: Run) -> int:
        other = run.registers[mark]
        run.fork()
        run.registers[index * 2 - 2 : index * 2] = (run.place, other) if backward else (other, run.place)
        return after

    return step


def _reset(count: int, after: int) -> Step:
    def step(run: Run) -> int:
        run.put(count, 0)
        return after

    return step


def _loop(node: Repeat, count: int, body: int, after: int) -> Step:
    """The head of a loop, where it turns or ends."""

    def step(run: Run) -> int:
        turns = run.registers[count]
        if turns < node.low:
            return body
        if node.high is not None and turns >= node.high:
            return after
        run.leave(body if node.lazy else after, run.place, run.place)
        return after if node.lazy else body

    return step


def _turn(node: Repeat, count: int, after: int) -> Step:
    """The start of a turn: groups inside are forgotten, and the place is kept to see whether the turn moves."""

    def step(run: Run) -> int:
        run.put(count + 1, run.place)
        for group in node.groups:
            run.registers[group * 2 - 2 : group * 2] = (-1, -1)
        return after

    return step


def _turned(low: int, count: int, head: int) -> Step:
    """The end of a turn, which fails where it was not needed and has not moved."""

    def step(run: Run) -> int:
        turns = run.registers[count]
        if turns >= low and run.place == run.registers[count + 1]:
            return FAIL
        run.put(count, turns + 1)
        return head

    return step


_is_word = membership(WORDS)
_is_newline = membership(NEWLINES)


def _edge(kind: str, after: int) -> Step:
    holds = _EDGES[kind]
    return lambda run: after if holds(run.text, run.place, run.size) else FAIL


def _at_word(text: str, place: int, size: int) -> bool:
    before = place > 0 and _is_word(text[place - 1])
    return before != (place < size and _is_word(text[place]))


_EDGES: Final[dict[str, Callable[[str, int, int], bool]]] = {
    "start": lambda text, place, size: place == 0,
    "end": lambda text, place, size: place == size,
    "line start": lambda text, place, size: place == 0 or _is_newline(text[place - 1]),
    "line end": lambda text, place, size: place == size or _is_newline(text[place]),
    "word": _at_word,
    "not word": lambda text, place, size: not _at_word(text, place, size),
}


def _look(node: Look, program: list[Step], after: int) -> Step:
    def step(run: Run) -> int:
        place, registers, stack = run.place, run.registers, run.stack
        run.stack = []
        holds = execute(program, run)
        run.place, run.stack = place, stack
        if node.negative or not holds:
            run.registers = registers
        return after if holds != node.negative else FAIL

    return step


def _back(node: Back, backward: bool, after: int) -> Step:
    def step(run: Run) -> int:
        start, end = run.registers[node.index * 2 - 2 : node.index * 2]
        length = end - start
        low = run.place - length if backward else run.place
        if low < 0 or not _same(run.text[start:end], run.text[low : low + length], node.fold):
            return FAIL
        run.steps -= length >> 5
        run.place = low if backward else low + length
        return after

    return step


def _same(left: str, right: str, fold: bool) -> bool:
    if left == right or not fold:
        return left == right
    return [*map(canonical, left)] == [*map(canonical, right)]
