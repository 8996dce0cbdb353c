"""Settings in `pyproject.toml`: `[tool.asl]` in the nearest one, from the working folder upwards."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asl_engine.errors import UsageError
from asl_engine.rules.check import rules
from asl_engine.rules.selection import Selection

KEYS: Final = ("ignore", "select")


def selection(select: str | None, ignore: str | None) -> Selection:
    """Return what the command line selects and ignores, and the settings where it says nothing of the one or the other.

    Raises UsageError for a word that means no rule, and for settings that are none.
    """
    kept = _settings(Path.cwd())
    chosen = Selection(
        kept.get("select", ()) if select is None else _words(select),
        kept.get("ignore", ()) if ignore is None else _words(ignore),
    )
    return chosen.check(rules())


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _settings(folder: Path) -> dict[str, Sequence[str]]:
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return {}


def _read(path: Path) -> dict[str, Sequence[str]]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("asl", {})
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}") from None
    for key, value in settings.items():
        if key not in KEYS:
            raise UsageError(f"{path}: [tool.asl] has {key!r}, and knows {', '.join(KEYS)}")
        if not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
            raise UsageError(f"{path}: {key} in [tool.asl] is a list of texts, such as ['ASL506']")
    return dict(settings)
