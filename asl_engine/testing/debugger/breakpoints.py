"""Where the debugger stops, beside where the user steps."""

from __future__ import annotations

from typing import Any

from asl_engine.engine import StateMachine
from asl_engine.errors import UsageError, did_you_mean
from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata
from asl_engine.testing.debugger.stop import Stop


class Breakpoints:
    """Where to stop, beside where the user steps: before states, after errors, and where a condition holds.

    A condition is a JSONata expression over the state's input; variables are its variables.
    """

    def __init__(self, machine: StateMachine) -> None:
        self._known = [state.name for state in machine.program.states.values()]
        self.states: list[str] = []
        self.errors: list[str] = []
        self.conditions: dict[str, Any] = {}

    def at_state(self, name: str) -> None:
        """Stop before a state. Raises UsageError if there is none of this name."""
        if name not in self._known:
            raise UsageError(f"there is no state {name!r}.{did_you_mean(name, self._known)}")
        self.states.append(name)

    def at_error(self, name: str = "States.ALL") -> None:
        """Stop after a failure of this name; States.ALL means any."""
        self.errors.append(name)

    def at_condition(self, text: str) -> None:
        """Stop where a condition holds. Raises UsageError for what is no expression."""
        try:
            self.conditions[text] = compile_jsonata(text)
        except JSONataError as problem:
            raise UsageError(f"{text!r} is not a JSONata expression: {problem}") from None

    def texts(self) -> list[str]:
        """Return them as text."""
        errors = [f"error {name}" for name in self.errors]
        return [*map(repr, self.states), *errors, *(f"if {condition}" for condition in self.conditions)]

    def hold(self, stop: Stop) -> bool:
        """Whether one of them says to stop here."""
        if stop.state in self.states:
            return True
        if any(name in ("States.ALL", failed.error) for name in self.errors for failed in stop.news):
            return True
        return any(_is_true(condition, stop) for condition in self.conditions.values())


def _is_true(condition: Any, stop: Stop) -> bool:
    try:
        value = condition.evaluate(stop.input, stop.variables, timeout=1.0)
    except JSONataError:
        return False
    return value is not UNDEFINED and bool(value)
