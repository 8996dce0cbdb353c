"""Texts of what came from outside: where they end.

A value that came as text is told with it as long as states hand it on (recorded on AWS, 2026-09). Since values are
shared, one that is put into another, and selected from there later, is the same object still; but the service has
written it anew by then. So what a state selects from its input becomes another object, where it has a text.
"""

from __future__ import annotations

from asl_engine.program.program import Done, Fork, Invoke, Move, Sleep
from asl_engine.values import JSON, anew


def write_anew(move: Move, handed_on: JSON, texts: dict[int, str]) -> None:
    """Take from a move of a state the texts of what it selects; `handed_on`, the state's input, keeps its own."""
    if type(move) is Sleep:
        move = move.then
    if type(move) is Done:
        move.result = selected(move.result, handed_on, texts)
    elif type(move) is Invoke:
        move.payload = selected(move.payload, handed_on, texts)
    elif type(move) is Fork and any(id(value) in texts for value in move.inputs):
        move.inputs = [selected(value, handed_on, texts) for value in move.inputs]


def selected(value: JSON, handed_on: JSON, texts: dict[int, str]) -> JSON:
    """Return a value that a state selected; what it hands on, its input, stays the same object."""
    return anew(value) if id(value) in texts and value is not handed_on else value
