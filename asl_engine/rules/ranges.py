"""Numbers that must lie between bounds, which stand at their fields: what the rules about them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from asl_engine.diagnostics import Finding
from asl_engine.model.base import Part
from asl_engine.model.shape import kinds_of
from asl_engine.rules.outline import Site


def out_of_range(sites: Iterable[Site]) -> Iterator[Finding]:
    """Yield a finding for each number of the parts that is below or above what its field takes."""
    for site in sites:
        part: type[Part] = type(site.part)
        for name, least, most in _ranges(part):
            value = getattr(site.part, name)
            if isinstance(value, (int, float)) and (value < least or (most is not None and value > most)):
                bounds = f"at least {least}" if most is None else f"from {least} to {most:,}"
                aws_text = f"Minimum value is {least}" if value < least else f"Maximum value is {most}"
                message = f"{site.written(name)} is {value}, and must be {bounds}"
                yield Finding(site.at(name), message, aws_text=aws_text)


@cache
def _ranges(part: type[Part]) -> list[tuple[str, int, int | None]]:
    return [(name, kind.least, kind.most) for name, kind in kinds_of(part).items() if kind.least is not None]
