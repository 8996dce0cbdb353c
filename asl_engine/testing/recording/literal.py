"""JSON values as Python, for the tests that are written from histories and explorations."""

from __future__ import annotations

import json
from typing import Final

from asl_engine.strange_text import printable_json
from asl_engine.values import JSON

WIDTH: Final = 110


def literal(value: JSON, indent: int = 0) -> str:
    """Return a JSON value as Python; over several lines, each further one `indent` blanks in, where it is long."""
    if isinstance(value, str):
        return repr(value) if '"' in value else printable_json(json.dumps(value, ensure_ascii=False))
    if not isinstance(value, (dict, list)):
        return repr(value)
    short = _joined(value, [literal(item) for item in (value.values() if isinstance(value, dict) else value)], ", ")
    if len(short) + indent <= WIDTH - 30:
        return short
    inner = [literal(item, indent + 4) for item in (value.values() if isinstance(value, dict) else value)]
    between = ",\n" + " " * (indent + 4)
    text = _joined(value, inner, between)
    return f"{text[0]}{between[1:]}{text[1:-1]},\n{' ' * indent}{text[-1]}"


def _joined(value: dict[str, JSON] | list[JSON], texts: list[str], between: str) -> str:
    if isinstance(value, list):
        return f"[{between.join(texts)}]"
    return f"{{{between.join(f'{literal(name)}: {text}' for name, text in zip(value, texts, strict=True))}}}"
