"""Numbers that must lie between bounds: what the rules about them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asl_engine.diagnostics import Finding
from asl_engine.rules.outline import Site


def out_of_range(sites: Iterable[Site], name: str, least: int, most: int | None = None) -> Iterator[Finding]:
    """Yield a finding for each of the parts where the field `name` holds a number below `least` or above `most`."""
    for site in sites:
        value = getattr(site.part, name)
        if isinstance(value, (int, float)) and (value < least or (most is not None and value > most)):
            bounds = f"at least {least}" if most is None else f"from {least} to {most:,}"
            yield Finding(site.at(name), f"{site.written(name)} is {value}, and must be {bounds}")
