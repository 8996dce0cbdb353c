"""What a query language makes of the fields of a state: all that differs between JSONPath and JSONata.

The compiler (`states.py`, `distributed.py`) and the inspection of a state ask a `Language` while a state is compiled,
and keep the closures that it returns; nothing asks for the language while an execution runs. It is implemented by the
modules `in_jsonpath.py` and `in_jsonata.py`.

A field is named as in the model, in snake_case; JSONPath also looks for its twin, `timeout_seconds_path`. A field that
the author did not write gives None. `place` is where a part stands in the state, `ItemBatcher/`, for the messages of
expressions that fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from asl_engine.lang.expr import Expr, Scope
from asl_engine.model import states as model
from asl_engine.model.base import Part
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher
from asl_engine.model.maps import ItemReader, ResultWriter
from asl_engine.program.dataflow import Predicate, Stage
from asl_engine.program.size_estimates import Growth


class Language(Protocol):
    """A query language, asked at compile time only. What it returns raises ExpressionFailed, in the service's words."""

    items_stage: str
    """What AWS calls the items of a Map in a test of the state, "" where they are not shown."""

    # the data flow

    def enter(self, state: model.State) -> Expr:
        """Return the first half of the data flow, from the raw input in `scope.data` to the effective input."""
        ...

    def entering(self, state: model.State) -> Sequence[Stage]:
        """Return the stages that `enter` is made of."""
        ...

    def leaving(self, state: model.State, rule: ChoiceRule | None = None, place: str = "") -> Sequence[Stage]:
        """Return the stages of the second half, from the raw result to the state output; `rule` is the way out of a
        Choice, None for its Default."""
        ...

    def catching(self, catcher: Catcher, place: str) -> Stage:
        """Return what a catcher makes of the error output."""
        ...

    def assign(self, part: Part, place: str = "") -> Expr | None:
        """Return what makes the variables of a state, a rule or a catcher."""
        ...

    # fields

    def value(self, part: Part, name: str, place: str = "") -> Expr | None:
        """Return what gives the value of a template, or of JSON with expressions at any depth."""
        ...

    def arguments(self, part: ItemReader | ResultWriter, place: str) -> Expr:
        """Return what gives the arguments of a reader or writer; an empty object where it has none."""
        ...

    def text(self, state: model.Fail, name: str) -> Callable[[Scope], str | None]:
        """Return what gives the text of a Fail's error or cause."""
        ...

    def seconds(self, state: model.Task, name: str) -> Callable[[Scope], int] | None:
        """Return what gives a limit of time in seconds, which is above zero."""
        ...

    def integer(
        self, part: Part, name: str, least: int | None = None, place: str = ""
    ) -> Callable[[Scope], int] | None:
        """Return what gives a whole number of at least `least`."""
        ...

    def percentage(self, state: model.Map, name: str) -> Callable[[Scope], float] | None:
        """Return what gives a number from 0 to 100."""
        ...

    def delay(self, state: model.Wait) -> Callable[[Scope], float] | None:
        """Return what gives how many seconds a Wait takes; None where it says until when."""
        ...

    def moment(self, state: model.Wait) -> Callable[[Scope], float]:
        """Return what gives the moment until which a Wait sleeps, in seconds since 1970."""
        ...

    def condition(self, rule: ChoiceRule, place: str) -> Predicate:
        """Return what tells whether a rule of a Choice holds."""
        ...

    def items(self, state: model.Map, takes_object: bool = False) -> Expr:
        """Return what gives the items of a Map: an array, or an object where it takes one."""
        ...

    def selector(self, state: model.Map) -> Expr | None:
        """Return what shapes each item."""
        ...

    # sizes

    def growth(self, state: model.State) -> Growth | None:
        """Return how large the state's output can get; None when not larger than its input or result."""
        ...

    def enter_growth(self, state: model.Task) -> Growth | None:
        """Return how large a Task's effective input can get; None when not larger than its input."""
        ...


@cache
def language_named(name: str) -> Language:
    """Return the language that a definition names. JSONata is imported when a definition uses it."""
    if name == "JSONata":
        from asl_engine.program import in_jsonata

        return in_jsonata
    from asl_engine.program import in_jsonpath

    return in_jsonpath
