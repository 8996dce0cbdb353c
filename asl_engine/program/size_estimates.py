"""How large an output can get, from the fields of a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asl_engine.lang.jsonpath.intrinsics import is_intrinsic
from asl_engine.lang.jsonpath.paths import compile_path, compile_reference_path
from asl_engine.lang.jsonpath.templates import dynamic_texts
from asl_engine.values import ABSENT, size_of


class Growth:
    """How large an output can be, as a linear bound: factor * (input + result + what else it sees) + constant.

    The kernel carries such bounds along, and measures a value only when its bound passes the limit: so the 256 KiB
    limit costs one addition at most states, whatever the size of the payload. `spliced_at` are the steps of the
    `ResultPath` when the output is the raw input with the result put in, which makes measuring cheap: only the result
    is new. `is_weighed` says that what makes the output has weighed it: its text fits into the memory, however large.
    """

    __slots__ = ("constant", "factor", "is_weighed", "spliced_at")

    def __init__(
        self, factor: float, constant: int, spliced_at: tuple[str | int, ...] = (), is_weighed: bool = False
    ) -> None:
        self.factor = factor
        self.constant = constant
        self.spliced_at = spliced_at
        self.is_weighed = is_weighed


UNBOUNDED: Final = float("inf")

_SMALL_RESULTS = (
    "States.MathAdd",
    "States.MathRandom",
    "States.ArrayLength",
    "States.ArrayContains",
    "States.UUID",
    "States.Hash",
)
"""Intrinsics whose result is short, whatever their arguments: at most `_SMALL` bytes."""

_SMALL: Final = 160


def growth_of(
    template: Any = ABSENT,
    selector: Any = None,
    result_path: str | None = "$",
    paths: Sequence[str | None] = ("$", "$"),
    literal: int = 0,
) -> Growth | None:
    """Return how large an output can get with these fields; None when it cannot be larger than the input or result.

    `literal` is the size of a `Result`.
    """
    selected = [path for path in paths if path is not None and path != "$"]
    if any(not _is_part(path) for path in selected):
        return Growth(UNBOUNDED, 0)
    factor, constant = _template_growth(template)
    constant += literal
    if selector is not None:
        inner_factor, inner_constant = _template_growth(selector)
        constant = (_finite(constant * max(inner_factor, 1)) if constant else 0) + inner_constant
        factor *= inner_factor
    if result_path == "$" or result_path is None:
        grows = (factor, constant) != (1, 0) or any(compile_path(path).root != "input" for path in selected)
        return Growth(max(factor, 1), constant) if grows else None
    steps = compile_reference_path(result_path).steps or ()
    return Growth(factor + 1, constant + 8 * len(result_path), steps if paths[-1] == "$" else ())


def _finite(number: float) -> int:
    return int(min(number, 1e9))


def _template_growth(template: Any) -> tuple[float, int]:
    """Return (factor, constant): the template's value is at most factor * (what it sees) + constant bytes."""
    if template is ABSENT:
        return 1, 0
    factor, parts = 0.0, 0
    for text in dynamic_texts(template):
        factor += _part_factor(text)
        parts += 1
    return factor, size_of(template) + _SMALL * parts


def _part_factor(text: str) -> float:
    """How many times what it sees a path or intrinsic can return: once for a definite path, never for a number."""
    if is_intrinsic(text):
        return 0 if text.startswith(_SMALL_RESULTS) else UNBOUNDED
    return 1 if _is_part(text) else UNBOUNDED


def _is_part(path: str) -> bool:
    """Whether what a path gives is a part of what it sees; functions such as `append()` make something larger."""
    return "(" not in path and compile_path(path).is_definite
