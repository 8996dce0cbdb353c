"""Coverage of a whole test run, and its reports: a table, JSON, HTML, and the graph coloured by it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from asl_engine.engine import StateMachine
from asl_engine.errors import AslError, RenderError, UsageError
from asl_engine.files import DEFINITIONS, files_below, write_whole
from asl_engine.model import states as model
from asl_engine.source import read_document
from asl_engine.strange_text import on_one_line
from asl_engine.testing.coverage.coverage import KINDS, Covered, parts_of
from asl_engine.testing.workflow import Workflow

REPORTS: Final = ("term", "term-missing", "json", "html", "svg", "none")


class CoverageRun:
    """What the tests of one run reached in the definitions at `paths`.

    `problems` says what in folders cannot be measured. Raises UsageError for a path without definitions, for one that
    is named and cannot be read, and for a report that is not known.
    """

    def __init__(self, paths: Sequence[str], reports: Sequence[str]) -> None:
        self.reports = [_report(text) for text in reports or ["term"]]
        self.problems: list[str] = []
        self.machines: dict[Path, model.StateMachine] = {}
        for path in map(Path, paths):
            self._measure(path)
        if self.problems and not self.machines:
            raise UsageError(self.problems[0])
        self._counters: dict[str, list[Counter[str]]] = {}

    def _measure(self, path: Path) -> None:
        """Add a definition, or those in a folder: one that cannot be read hides no other."""
        if path.is_file():
            self._add(path)
            return
        files, unread = files_below(path, DEFINITIONS) if path.is_dir() else ([], [])
        problems = [f"{problem.filename}: {problem.strerror}" for problem in unread]
        for file in files:
            try:
                self._add(Path(file))
            except UsageError as problem:
                problems.append(str(problem).splitlines()[0])
        if not files:
            reason = f"no file that ends with {', '.join(DEFINITIONS)}"
            raise UsageError(problems[0] if problems else f"{path} has no definitions: {reason}")
        self.problems += problems

    def _add(self, path: Path) -> None:
        file = _absolute(path)
        try:
            if file not in self.machines:
                self.machines[file] = StateMachine.load(path).model
        except AslError as problem:
            raise UsageError(str(problem)) from None

    def watch(self, path: Path, workflow: Workflow) -> None:
        """Count what the executions of a workflow reach."""
        self._counters.setdefault(str(_absolute(path)), []).append(workflow.reached)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how often each part was reached, by file, as plain data that can be sent to another process."""
        counted: dict[str, dict[str, int]] = {}
        for name, counters in self._counters.items():
            total: Counter[str] = Counter()
            for counter in counters:
                total.update(counter)
            counted[name] = dict(total)
        return counted

    def add(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add what another process has counted."""
        for name, reached in counts.items():
            self._counters.setdefault(name, []).append(Counter(reached))

    def covered(self) -> list[Covered]:
        """Return the coverage of each definition, also of those that no test has loaded."""
        counts = self.counts()
        return [
            Covered(_short(file), parts_of(machine), counts.get(str(file), {}))
            for file, machine in self.machines.items()
        ]

    @property
    def percent(self) -> float:
        """How many of a hundred parts of all definitions were reached."""
        tallies = [covered.tally() for covered in self.covered()]
        total = sum(all_parts for _, all_parts in tallies)
        return 100.0 * sum(reached for reached, _ in tallies) / total if total else 100.0

    def is_below(self, least: float | None) -> bool:
        """Whether less was reached than is required."""
        return least is not None and self.percent < least

    def report(self) -> list[str]:
        """Write the reports that are files; return the lines of those for the terminal, and of what went wrong."""
        covered, lines = self.covered(), [f"not measured: {problem}" for problem in self.problems]
        for kind, path in self.reports:
            try:
                lines += self._report(kind, path, covered)
            except OSError as problem:
                where = problem.filename or path
                lines.append(f"--asl-cov-report: {where} cannot be written: {problem.strerror}")
            except RenderError as problem:
                lines.append(f"--asl-cov-report: {problem}")
        return list(map(on_one_line, lines))

    def _report(self, kind: str, path: Path, covered: Sequence[Covered]) -> list[str]:
        lines: list[str] = []
        if kind.startswith("term"):
            lines += table(covered, kind == "term-missing")
        elif kind == "json":
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(as_data(covered), indent=2, ensure_ascii=False) + "\n")
            lines.append(f"coverage written to {path}")
        elif kind in ("html", "svg"):
            path.mkdir(parents=True, exist_ok=True)
            _write_pictures(list(self.machines.values()), covered, path)
            if kind == "html":
                write_whole(path / "index.html", page(covered))
            lines.append(f"coverage written to {path / 'index.html' if kind == 'html' else path}")
        return lines


def _report(text: str) -> tuple[str, Path]:
    kind, _, path = text.partition(":")
    if kind not in REPORTS:
        raise UsageError(f"unknown report {kind!r}; choose one of {', '.join(REPORTS)}")
    defaults = {"json": "asl-coverage.json", "html": "asl-coverage", "svg": "asl-coverage"}
    target = Path(path or defaults.get(kind, ""))
    if kind == "json" and target.is_dir():
        raise UsageError(f"the report cannot be written to {target}: it is a folder")
    if kind in ("html", "svg") and target.exists() and not target.is_dir():
        raise UsageError(f"the report cannot be written to {target}: it is not a folder")
    return kind, target


def _absolute(path: Path) -> Path:
    """Return where a file is, by whatever links; a circle of links stays where it is."""
    return Path(os.path.realpath(path))


def _short(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def table(covered: Sequence[Covered], tells_missing: bool) -> list[str]:
    """Return the coverage as the lines of a table, a line for each definition; beneath, what nothing reached."""
    rows = [("definition", *map(_plural, KINDS), "reached")]
    rows += [(file.name, *(_fraction(file, kind) for kind in KINDS), f"{file.percent:.0f} %") for file in covered]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([f"{row[0]:<{widths[0]}}", *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    if tells_missing:
        for file in covered:
            places, missing = _places(file), file.missing()
            unseen = {part.state for part in missing if part.kind == "state"}
            parts = [part for part in missing if part.kind == "state" or part.state not in unseen]
            lines += [f"{file.name}{places.get(part.pointer, '')}: not reached: {part.words}" for part in parts]
    return lines


def _plural(kind: str) -> str:
    return f"{kind}es" if kind == "branch" else f"{kind}s"


def _fraction(covered: Covered, kind: str) -> str:
    reached, all_parts = covered.tally(kind)
    return f"{reached}/{all_parts}" if all_parts else "-"


def _places(covered: Covered) -> dict[str, str]:
    """Return where in its file each missing part stands, as `:line`."""
    try:
        document = read_document(Path(covered.name))
    except AslError:
        return {}
    return {part.pointer: f":{document.locate(part.pointer, key=True).line}" for part in covered.missing()}


def as_data(covered: Sequence[Covered]) -> dict[str, Any]:
    """Return the coverage as plain data: for each definition its percentage, and how often each part was reached."""
    return {
        file.name: {
            "percent": round(file.percent, 2),
            "parts": [{**part._asdict(), "reached": file.counts[part.pointer]} for part in file.parts],
        }
        for file in covered
    }


def picture_names(covered: Sequence[Covered]) -> list[str]:
    """Return the name of each definition's picture: `a/b` and `a-b` have different ones."""
    names: list[str] = []
    for file in covered:
        name = file.name.replace("/", "-").lstrip(".-")
        names.append(f"{name}.svg" if f"{name}.svg" not in names else f"{name}.{len(names)}.svg")
    return names


def _write_pictures(machines: Sequence[model.StateMachine], covered: Sequence[Covered], folder: Path) -> None:
    from asl_engine.testing.coverage.picture import coverage_picture

    for machine, file, name in zip(machines, covered, picture_names(covered), strict=True):
        write_whole(folder / name, coverage_picture(machine, file))


def page(covered: Sequence[Covered]) -> str:
    """Return the coverage as one HTML page: the table, and each definition with its picture and what is missing."""
    return "\n".join([_HEAD, *_table_rows(covered), "</table>", *_sections(covered), "</html>\n"])


def _table_rows(covered: Sequence[Covered]) -> Iterator[str]:
    names = "".join(f"<th>{_plural(kind)}</th>" for kind in KINDS)
    yield f"<table><tr><th>definition</th>{names}<th>reached</th></tr>"
    for number, file in enumerate(covered):
        cells = "".join(f"<td>{_fraction(file, kind)}</td>" for kind in KINDS)
        link = f'<a href="#m{number}">{_shown(file.name)}</a>'
        yield f"<tr><td>{link}</td>{cells}<td>{file.percent:.0f} %</td></tr>"


def _shown(text: str) -> str:
    return escape(on_one_line(text))


def _sections(covered: Sequence[Covered]) -> Iterator[str]:
    for number, (file, name) in enumerate(zip(covered, picture_names(covered), strict=True)):
        yield f'<h2 id="m{number}">{_shown(file.name)}</h2>'
        items = "".join(f"<li>{_shown(part.words)} <code>{_shown(part.pointer)}</code></li>" for part in file.missing())
        yield f"<p>Not reached:</p><ul>{items}</ul>" if items else "<p>Everything was reached.</p>"
        yield f'<img src="{quote(name)}" alt="coverage of {_shown(file.name)}">'


_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Coverage of state machines</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid #8884; padding: .3rem .8rem; text-align: right; }
td:first-child, th:first-child { text-align: left; }
img { max-width: 100%; }
</style>
<h1>Coverage of state machines</h1>"""
