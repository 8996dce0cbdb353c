"""Documentation that runs: the blocks of every page, in order, in one place.

- A `python` block runs; the blocks of a page share their names.
- A `sh` block that calls `asl`, or `pytest` for a file of the page, runs in a folder that holds a copy of the example
  workflows; of longer lines only the part that calls it. What makes an environment or runs a tool is checked for its
  shape and not run.
- A `text` block right after one of these is what it prints, to the letter; of a `sh` block standard error comes first.
- A `json` block is JSON, a `yaml` block YAML.
- `<!-- file: NAME -->` before a block puts its text into that file first; `<!-- exit: N -->` gives the exit code of a
  `sh` block; `asl serve` goes on until the end of the page, at a free port.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import PATIENCE

from asl_engine.cli import main
from asl_engine.source import parse_document

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("statemachines/**/*.md")])
LITERATE = [page for page in PAGES if ROOT / "statemachines" not in page.parents]
"""The pages of `statemachines/` have a test of their own, which runs their commands."""

PICTURES = ROOT / "docs" / "pictures.md"
"""Its commands are run by `tests/render/test_gallery.py`, which compares what they draw and print."""

PORT = "8083"
SETUP = "python3 -m venv .venv"
INSTALL = ".venv/bin/pip install -q "
TOOLS = (SETUP, INSTALL, ".venv/bin/pytest", ".venv/bin/ruff ", ".venv/bin/mypy", ".ci/run", "git clone ")
"""How commands begin that a page may show and that are not run."""

FENCE = re.compile(r"((?:^<!-- \w+: [^\n]+ -->\n+)*)^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its line in the page, its language, its text, what the comments above it say, what it prints."""

    line: int
    language: str
    text: str
    notes: dict[str, str]
    prints: str | None


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    blocks = []
    for match, following in pairwise([*found, None]):
        assert match is not None
        prints = None
        if following is not None and following[2] == "text" and not text[match.end() : following.start()].strip():
            prints = following[3]
        notes = dict(re.findall(r"<!-- (\w+): (.*) -->", match[1]))
        blocks.append(Block(text.count("\n", 0, match.start(3)), match[2], match[3], notes, prints))
    return blocks


def pages(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


# --- running a page --------------------------------------------------------------------------------------------------


class Reader:
    """Somebody who does what a page says, in a folder that has the example workflows."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__page__"}
        self.server: subprocess.Popen[str] | None = None
        self.port = PORT

    def follow(self, block: Block) -> None:
        if "file" in block.notes:
            self.folder.joinpath(block.notes["file"]).write_text(block.text, encoding="utf-8")
        match block.language:
            case "python" if "file" not in block.notes:
                self.python(block)
            case "sh":
                self.shell(block)
            case "json":
                json.loads(block.text)
            case "yaml":
                parse_document(block.text, format="yaml")

    def python(self, block: Block) -> None:
        code = compile("\n" * block.line + self.local(block.text), str(self.page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)
        self.compare(block, printed.getvalue())

    def shell(self, block: Block) -> None:
        printed, code = "", 0
        for line in self.local(block.text).replace("\\\n", "").splitlines():
            for command in line.split(" && "):
                command = command.removeprefix(".venv/bin/") if command.startswith(".venv/bin/asl ") else command
                if command.startswith("kill ") and self.server is not None:
                    self.kill(command)
                elif command.startswith("asl serve"):
                    self.serve(command)
                elif command.startswith(("asl ", "aws ", "pytest ")) or "| asl " in command:
                    told, code = self.call(command)
                    printed += told
                else:
                    assert command.startswith((*TOOLS, "#")), f"{self.page}:{block.line}: no known tool: {command}"
        assert code == int(block.notes.get("exit", 0)), printed
        self.compare(block, printed)

    def call(self, command: str) -> tuple[str, int]:
        """Run a command; what is all for `asl` in this process, as to start one takes longer than most commands."""
        if command.startswith("asl ") and not set(command) & set("|<>$;&"):
            return self.call_here(shlex.split(command))
        bash = ["bash", "-c", command]
        done = subprocess.run(
            bash, cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.stderr + done.stdout, done.returncode

    def call_here(self, words: list[str]) -> tuple[str, int]:
        printed, told = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", words)
            patch.setattr("sys.path", [*sys.path])
            for name, value in environment().items():
                patch.setenv(name, value)
            patch.setattr("sys.stdout", printed)
            patch.setattr("sys.stderr", told)
            with pytest.raises(SystemExit) as end:
                main()
        return told.getvalue() + printed.getvalue(), int(end.value.code or 0)

    def compare(self, block: Block, printed: str) -> None:
        if block.prints is not None:
            assert block.prints.rstrip() == self.public(printed).rstrip(), f"{self.page}:{block.line}"

    def serve(self, command: str) -> None:
        """Start the endpoint at a free port, which stands for the page's from then on."""
        words = [sys.executable, "-m", "asl_engine", *command.split()[1:], "--port", "0"]
        self.server = subprocess.Popen(
            words, cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.server.stdout is not None
        self.port = self.server.stdout.readline().strip().rpartition(":")[2]
        assert self.port.isdigit(), "the endpoint did not start"

    def kill(self, command: str) -> None:
        """Kill the endpoint as the page says."""
        assert self.server is not None
        assert self.server.stdout is not None
        self.call(command)
        self.server.wait(PATIENCE)
        self.server.stdout.close()

    def local(self, text: str) -> str:
        return text.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{self.port}")

    def public(self, text: str) -> str:
        return text.replace(f"127.0.0.1:{self.port}", f"127.0.0.1:{PORT}")

    def close(self) -> None:
        if self.server is not None:
            self.server.terminate()
            said, _ = self.server.communicate(timeout=PATIENCE)
            assert not said, "the endpoint did not stop cleanly"


def environment() -> dict[str, str]:
    """Return this environment, with this interpreter's `asl` and `aws` first, as wide as most terminals, and with
    credentials that are good for nothing."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "COLUMNS": "80",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "statemachines", tmp_path / "statemachines", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", pages(LITERATE))
def test_a_page_is_true(page, folder):
    """What a page shows runs, and prints what the page says."""
    reader = Reader(page, folder)
    try:
        for block in blocks_of(page):
            if not (page == PICTURES and block.language == "sh"):
                reader.follow(block)
    finally:
        reader.close()


# --- the two commands of the README ----------------------------------------------------------------------------------


def test_one_line_installs_and_runs_an_example():
    """The first command of the README does the main job, and draws it."""
    command = blocks_of(ROOT / "README.md")[0].text

    assert command.startswith(f"{SETUP} && {INSTALL}-e . && .venv/bin/asl run statemachines/")
    assert command.endswith(" --svg order-processing.svg\n")
    assert 1 == command.count("\n")


def test_one_line_installs_and_runs_the_tests():
    """The second command of the README is the one that `.ci/run` looks for and runs."""
    command = blocks_of(ROOT / "README.md")[1].text

    assert command == f"{SETUP} && {INSTALL}-c tests/constraints.txt -e '.[dev]' && .venv/bin/pytest -n auto\n"


def test_the_picture_is_of_the_example(folder):
    """The picture in the README is what its first command draws."""
    reader = Reader(ROOT / "README.md", folder)
    reader.follow(blocks_of(ROOT / "README.md")[0])

    assert shown_in(folder / "order-processing.svg") == shown_in(ROOT / "docs/pictures/order-processing.svg"), (
        "the pictures have changed: put the new one into docs/pictures"
    )


def shown_in(picture: Path) -> list[str]:
    """Return the words and the classes of a picture: all but the places, which are the layout program's."""
    return re.findall(r'class="[^"]*"|(?<=>)[^<>]+(?=<)', picture.read_text("utf-8"))


# --- links -----------------------------------------------------------------------------------------------------------

LINK = re.compile(r"(?<!`)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(PAGES))
def test_links_lead_somewhere(page):
    """Every relative link names a file or folder that is there, and a heading that the page has."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page}: no {link}"
        assert not anchor or anchor in anchors_of(target), f"{page}: no heading {anchor} in {path}"


def test_every_page_is_in_the_index():
    """Somebody who starts at docs/README.md can get to every page of the documentation."""
    index = ROOT / "docs/README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}

    assert set() == {page for page in ROOT.glob("docs/**/*.md") if page != index} - linked


# --- lines -----------------------------------------------------------------------------------------------------------


def test_lines_fit():
    """Lines of prose and rows of tables have 120 characters at most; blocks and pictures may have what they need."""
    long = [
        f"{page.relative_to(ROOT)}: {line}"
        for page in PAGES
        for line in re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL).splitlines()
        if len(line) > 120 and not line.startswith("![")
    ]

    assert [] == long


# --- the inside ------------------------------------------------------------------------------------------------------


def test_the_files_that_pages_name_are_there():
    """Every file of the package that a page names in backquotes exists."""
    for page in LITERATE:
        for name in re.findall(r"`(\w[\w/]*/[\w/]*(?:\.py)?|\w+\.py)`", page.read_text("utf-8")):
            places = [ROOT / "asl_engine" / name, ROOT / name, *ROOT.glob(f"asl_engine/**/{name}")]
            known = name in (*EXAMPLE_FILES, *TO_COME) or any(place.exists() for place in places)
            assert known, f"{page}: there is no {name}"


EXAMPLE_FILES = ("app.py", "test_docs.py")
TO_COME = ("console/", "language_server/", "scale/", "lambdas/", "project/", "events/")
"""Rooms that have their place among the layers, and no files yet."""


def test_the_walk_of_one_datum_names_what_is_there():
    """Each line of the walk in docs/design.md names a function that its file defines."""
    [walk] = [block.text for block in blocks_of(ROOT / "docs/design.md") if block.language == "text"]
    steps = re.findall(r"^ *(?:\w+\.)?(\w+)(?:[(:]| ->).* ([\w/]+\.py)$", walk, re.MULTILINE)

    assert len(steps) == len(re.findall(r"\.py$", walk, re.MULTILINE))
    for name, file in steps:
        text = (ROOT / "asl_engine" / file).read_text("utf-8")
        assert re.search(rf"def {name}\(", text), f"{file} defines no {name}"
