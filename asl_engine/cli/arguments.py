"""What the user gives on the command line: an input, and functions from a file or module."""

from __future__ import annotations

import glob
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from asl_engine.cli.terminal import read_file
from asl_engine.errors import SourceError, UsageError, did_you_mean
from asl_engine.files import DEFINITIONS, files_below, files_like
from asl_engine.tasks.registry import Functions, split_name
from asl_engine.values import JSON, parse_json

if TYPE_CHECKING:
    from asl_engine.store import Store

MAX_READ = 64 * 1024 * 1024
"""The longest file that is read as an input or a history, in bytes."""


def read_input(text: str | None, path: str | None) -> JSON:
    """Return the input of an execution: from the argument, from a file, from standard input for `-`, else `{}`."""
    if text is not None and path is not None:
        raise UsageError("give --input or --input-file, not both")
    if text == "-" or path == "-":
        return read_json("-")
    if path is not None:
        return read_json(path)
    return _parsed(text, "--input") if text is not None else {}


def read_json(path: str) -> JSON:
    """Return the value in a JSON file, or in standard input for `-`."""
    name = "standard input" if path == "-" else path
    return _parsed(_text_of(path, name), name)


def _text_of(path: str, name: str) -> str:
    try:
        content = read_file(path, MAX_READ)
        if len(content) > MAX_READ:
            raise ValueError(f"longer than {MAX_READ:,} bytes")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        near = [str(other) for other in Path(path).parent.glob("*")] if Path(path).parent.is_dir() else []
        raise UsageError(f"{path}: there is no such file.{did_you_mean(path, near)}") from None
    except UnicodeDecodeError as problem:
        raise UsageError(f"{name}: not UTF-8, at byte {problem.start}") from None
    except (OSError, ValueError) as problem:
        raise UsageError(f"{name}: {getattr(problem, 'strerror', None) or problem}") from None


def _parsed(text: str, name: str) -> JSON:
    if not text.strip():
        raise UsageError(f"{name} is empty, and should be JSON")
    try:
        return parse_json(text)
    except ValueError as problem:
        raise UsageError(f"{name} is not JSON{_why(text, name, problem)}") from None


def _why(text: str, name: str, problem: ValueError) -> str:
    """Say where a text stops being JSON, in words plainer than those of Python's reader."""
    from asl_engine.source.json_text import parse

    try:
        parse(text, name)
    except SourceError as error:
        return f", line {error.line} column {error.column}: {error.problem}" if error.line else f": {error.problem}"
    return f": {problem}"


def definition_files(names: Sequence[str]) -> list[str]:
    """Return the files that are meant: those that are named, for a folder the definitions in it, and for a pattern
    that the shell has left as it is what matches.

    A folder without definitions, one below it that cannot be read, and a pattern that matches nothing, stand for
    themselves: `refuse_no_file` says why.
    """
    return [file for name in names for file in _files_of(name) or [name]]


def _files_of(name: str) -> list[str]:
    path = Path(name)
    try:
        if path.is_dir() and name:
            files, problems = files_below(path, DEFINITIONS)
            return files + [str(problem.filename) for problem in problems]
        if glob.has_magic(name) and not path.exists():
            return files_like(name)
    except OSError:
        return []  # reading it says what is the matter
    return []


def refuse_no_file(name: str) -> None:
    """Raise SourceError for a folder in which no definitions were found, and a pattern that matches no file."""
    path = Path(name)
    try:
        if name and path.is_dir():
            next(path.iterdir(), None)
            raise SourceError(f"a folder without definitions: files ending with {', '.join(DEFINITIONS)}", name)
        if glob.has_magic(name) and not path.exists():
            raise SourceError("no file matches this pattern", name)
    except OSError as problem:
        raise SourceError(f"cannot be read: {problem.strerror}", name) from None


def read_buckets(texts: Sequence[str]) -> dict[str, str]:
    """Return the folders that stand for buckets, from texts such as `name=folder`."""
    buckets: dict[str, str] = {}
    for text in texts:
        name, mark, folder = text.partition("=")
        if not (name and mark and folder):
            raise UsageError(f"--bucket takes NAME=FOLDER, such as orders=./data, and got {text!r}")
        if name in buckets:
            raise UsageError(f"the bucket {name!r} is given twice: {buckets[name]} and {folder}")
        buckets[name] = folder
    return buckets


def load_functions(spec: str) -> Functions:
    """Return the functions that `spec` names: `app.py`, `app.py:attribute`, `package.module` or
    `package.module:attribute`.

    The attribute is a `Functions` registry or a mapping of callables. Without one it is the module's `functions`, or
    else every public function that the module defines, each under its own name.
    """
    if not spec.strip(":"):
        raise UsageError("--functions names nothing; it takes a file or a module")
    place, _, attribute = spec.rpartition(":") if ":" in spec and not spec.endswith(".py") else (spec, "", "")
    module = _file_module(Path(place)) if place.endswith(".py") else _named_module(place)
    if not attribute and not hasattr(module, "functions"):
        return Functions(_public_functions(module))
    wanted = attribute or "functions"
    if not hasattr(module, wanted):
        raise UsageError(f"{place} has no attribute {wanted!r}.{did_you_mean(wanted, _names(module))}")
    return _registry(getattr(module, wanted), spec, wanted)


def _registry(value: Any, spec: str, name: str) -> Functions:
    if not isinstance(value, Mapping):
        kind = "a function by itself" if callable(value) else f"of type {type(value).__name__}"
        raise UsageError(f"{spec}: {name} is {kind}, and should be a Functions registry or a dict of functions")
    try:
        return Functions.of(value)
    except (TypeError, ValueError) as problem:
        raise UsageError(f"{spec}: {problem}") from None


def _names(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def _public_functions(module: ModuleType) -> dict[str, Any]:
    """Return the functions that a module defines, by name: `charge_card`, and `charge-card` as Lambda may have it."""
    public = {
        name: value
        for name, value in vars(module).items()
        if inspect.isroutine(value)
        and not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
    }
    return {name.replace("_", "-"): value for name, value in public.items()} | public


def refuse_missing(missing: dict[str, str], functions: Functions | None) -> None:
    """Refuse to start what calls functions that are not there: all of them at once, with what is close to each."""
    if not missing:
        return
    known = list(functions or ())
    calls = [f"  the state {state!r} calls {wanted!r}.{_near(wanted, known)}" for state, wanted in missing.items()]
    hint = "Name a file that has them with --functions; other names stand in functions = {name: function}."
    raise UsageError("functions are missing:\n" + "\n".join(calls) + "\n" + hint)


def _near(wanted: str, known: list[str]) -> str:
    name, _ = split_name(wanted)
    return did_you_mean(name, known) if known else ""


def _file_module(path: Path) -> ModuleType:
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder, and should be a file of functions")
    if not path.is_file():
        near = [str(other) for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise UsageError(f"{path}: there is no such file.{did_you_mean(str(path), near)}")
    sys.path.insert(0, str(path.parent.resolve()))
    name = f"asl_functions_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        raise UsageError(_import_problem(str(path), problem)) from None
    return module


def _named_module(name: str) -> ModuleType:
    sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and name.startswith(problem.name):
            raise UsageError(f"there is no module {name!r}.{_hint(name)}") from None
        raise UsageError(_import_problem(name, problem)) from None
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        raise UsageError(_import_problem(name, problem)) from None


def _hint(name: str) -> str:
    """Say what may have been meant by a name that is no module's."""
    if Path(f"{name}.py").is_file():
        return f" For a file, say {name}.py."
    if Path(name).is_file():
        return " A file of functions ends with .py."
    return did_you_mean(name, [path.stem for path in Path().glob("*.py")])


def _import_problem(name: str, problem: BaseException) -> str:
    """Say what went wrong in the user's file, and in which line of it."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "importlib" not in frame.filename]
    where = f"line {frames[-1].lineno} of {frames[-1].filename}: " if len(frames) > 1 else ""
    return f"{name} cannot be imported: {where}{text_of(problem)}"


def text_of(problem: BaseException) -> str:
    """Return the class and the text of an exception, whatever its author did."""
    try:
        text = str(problem)
    except Exception:
        text = ""
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def open_store(file: str | None, durability: str) -> Store | None:
    """Return the store in a file, which is made if it is missing, with its folder. None without a file. Raises
    UsageError."""
    if file is None:
        return None
    from asl_engine.store.sqlite import SqliteStore

    path = Path(file).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise UsageError(f"no store can be made at {file}: {problem.strerror}") from None
    return SqliteStore(path, durability)  # type: ignore[arg-type] # click has checked it
