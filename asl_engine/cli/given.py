"""What the user gives on the command line: an input, and functions from a file or module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from asl_engine.errors import AslError, InputError, did_you_mean
from asl_engine.tasks.registry import Functions
from asl_engine.values import JSON, parse_json


class FunctionsError(AslError):
    """The functions that were named cannot be loaded."""


def read_input(text: str | None, path: str | None) -> JSON:
    """Return the input of an execution: from the argument, from a file, from standard input for `-`, else `{}`."""
    if text is not None and path is not None:
        raise InputError("give --input or --input-file, not both")
    if text == "-" or path == "-":
        return _parsed(sys.stdin.read(), "standard input")
    if path is not None:
        return _parsed(_file_text(path), path)
    return _parsed(text, "--input") if text is not None else {}


def _file_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = [str(other) for other in Path(path).parent.glob("*")] if Path(path).parent.is_dir() else []
        raise InputError(f"{path}: there is no such file.{did_you_mean(path, near)}") from None
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: not UTF-8, at byte {problem.start}") from None
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}") from None


def _parsed(text: str, name: str) -> JSON:
    try:
        return parse_json(text)
    except ValueError as problem:
        raise InputError(f"{name} is not JSON: {problem}") from None


def load_functions(given: str) -> Functions:
    """Return the functions that `given` names: `app.py`, `app.py:attribute`, `package.module` or
    `package.module:attribute`.

    The attribute is a `Functions` registry or a mapping of callables. Without one it is the module's `functions`, or
    else every public function that the module defines, each under its own name.
    """
    place, _, attribute = given.rpartition(":") if ":" in given and not given.endswith(".py") else (given, "", "")
    module = _file_module(Path(place)) if place.endswith(".py") else _named_module(place)
    if not attribute and not hasattr(module, "functions"):
        return Functions(_public_functions(module))
    wanted = attribute or "functions"
    if not hasattr(module, wanted):
        raise FunctionsError(f"{place} has no attribute {wanted!r}.{did_you_mean(wanted, _names(module))}")
    found = getattr(module, wanted)
    if not isinstance(found, Mapping):
        raise FunctionsError(
            f"{given}: {wanted} is {type(found).__name__}, and should be a Functions registry or a dict of functions"
        )
    return Functions.of(found)


def _names(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def _public_functions(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }


def _file_module(path: Path) -> ModuleType:
    if not path.is_file():
        near = [str(other) for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise FunctionsError(f"{path}: there is no such file.{did_you_mean(str(path), near)}")
    sys.path.insert(0, str(path.parent.resolve()))
    name = f"asl_functions_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        raise FunctionsError(_import_problem(str(path), problem)) from None
    return module


def _named_module(name: str) -> ModuleType:
    sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and name.startswith(problem.name):
            hint = f" For a file, say {name}.py." if Path(f"{name}.py").is_file() else ""
            raise FunctionsError(f"there is no module {name!r}.{hint}") from None
        raise FunctionsError(_import_problem(name, problem)) from None
    except Exception as problem:
        raise FunctionsError(_import_problem(name, problem)) from None


def _import_problem(name: str, problem: Exception) -> str:
    """Say what went wrong in the user's file, and in which line of it."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "importlib" not in frame.filename]
    where = f"line {frames[-1].lineno} of {frames[-1].filename}: " if len(frames) > 1 else ""
    return f"{name} cannot be imported: {where}{type(problem).__name__}: {problem}"
