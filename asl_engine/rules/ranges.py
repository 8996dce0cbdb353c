"""Numbers that must lie between bounds, which stand at their fields: what the rules about them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asl_engine.diagnostics import Finding
from asl_engine.model.base import Part
from asl_engine.model.shape import kinds_of
from asl_engine.rules.outline import Site


def out_of_range(sites: Iterable[Site]) -> Iterator[Finding]:
    """Yield a finding for each number of the parts that is below or above what its field takes."""
    for site in sites:
        part: Part = site.part
        for name, kind in kinds_of(type(part)).items():
            value = getattr(part, name) if kind.least is not None else None
            if not isinstance(value, (int, float)) or kind.least is None:
                continue
            if value < kind.least or (kind.most is not None and value > kind.most):
                bounds = f"at least {kind.least}" if kind.most is None else f"from {kind.least} to {kind.most:,}"
                yield Finding(site.at(name), f"{site.written(name)} is {value}, and must be {bounds}")
