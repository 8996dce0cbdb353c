"""Makes `docs/pictures.md` and the pictures in it from the example workflows: `.venv/bin/python docs/gallery.py`.

Each picture is drawn by the command that the page shows above it.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from asl_engine.cli import main

ROOT = Path(__file__).parent.parent
HOME = "statemachines"

INTRODUCTION = """\
# Pictures

<!-- Made by docs/gallery.py; change it there. -->

Every picture on this page is drawn by the command above it, from the
[example workflows](../statemachines/README.md). They are SVG with real text: they scale, follow light and dark, show
the whole name and all details when the pointer rests on a state or a line, and hold no scripts and no links. What the
options do stands in [command line](command-line.md#asl-render).

A state's icon and the word above its name tell its type. A double border ends its block, a dashed frame is a Map, a
dashed line a Catch, and a circled arrow a Retry. On top of that an execution is shown by colour and by sign: tick,
cross, exclamation mark (caught), triangle (running), square (aborted), and pale for what was not reached.
"""

BEFORE = """\
{
  "StartAt": "Is somebody named?",
  "States": {
    "Is somebody named?": {
      "Type": "Choice",
      "Choices": [{ "Variable": "$.name", "IsPresent": true, "Next": "Say hello" }],
      "Default": "Nobody is there"
    },
    "Nobody is there": { "Type": "Fail", "Error": "Nobody" },
    "Say hello": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:SayHi",
      "End": true
    }
  }
}
"""


EXAMPLES = """\
## All examples

Each as it is written, without an execution.
"""

PYTHON = f"""\
## In Python

`render` returns the picture and writes it where a path is given; in a notebook, a machine shows itself. `graph` gives
the same as a networkx graph, with the types, names and reasons as attributes.

```python
import json
from pathlib import Path

from asl_engine import StateMachine

machine = StateMachine.load("{HOME}/hello-world/hello-world.asl.json")
execution = machine.run({{"name": "Ada"}}, functions={{"SayHello": lambda event, context: "Hello"}})
older = StateMachine.load("before.asl.json")

machine.render("hello.svg", direction="LR", title="Hello")
machine.render("hello-run.svg", execution)
machine.render("hello-changes.md", compared_with=older)
print(machine.render(format="mermaid", execution=execution))
```

```text
flowchart TB
    n0(["Start"])
    n1{{{{"Choice<br/>Is somebody named?"}}}}
    n2["Pass<br/>Greet the world"]
    n3["Lambda · SayHello<br/>Say hello"]
    n4(["End"])
    n0 ==> n1
    n1 ==>|"#36;.name is present and #36;.name is a string and not (#36;.name = #34;#34;)"| n3
    n1 -->|"otherwise"| n2
    n2 --> n3
    n3 ==> n4
    classDef succeeded stroke:#1d7a3a,stroke-width:3px
    class n1,n3 succeeded
    classDef passed opacity:0.5
    class n2 passed
```

A history that was downloaded with `aws stepfunctions get-execution-history` does instead of an execution:

```python
Path("history.json").write_text(json.dumps({{"events": list(execution.history)}}, default=str))

events = json.loads(Path("history.json").read_text())["events"]
assert machine.render(history=events) == machine.render(execution=execution)
```
"""


class Picture(NamedTuple):
    """A section of the page: what it is called, what to look at, the command and its exit code."""

    title: str
    words: str
    command: str
    code: int = 0
    before: str = ""
    """What stands between the words and the command."""


def pictures() -> list[Picture]:
    """Return the sections of the page, in order."""
    return [
        Picture(
            "An execution",
            "A task was retried twice in a branch of a Parallel; lines that were taken are heavy.",
            ran("order-processing", "execution"),
        ),
        Picture(
            "A failure",
            "One of two encodings failed; the Map was caught, what it had made was deleted, and the execution failed.",
            ran(
                "video-on-demand",
                "failure",
                '{"bucket": "uploads", "key": "interview.mp4", "title": "Interview", "uploader": "ines@example.com"}',
            ),
            code=1,
        ),
        Picture(
            "A comparison",
            "Added, removed and changed states and transitions from one definition to another, in the picture and as "
            "text beside it. With `-o changes.md` both are Markdown with Mermaid, ready for a pull request. The older "
            "definition:",
            f"asl render --diff before.asl.json {HOME}/hello-world/hello-world.asl.json -o comparison.svg",
            before=f"<!-- file: before.asl.json -->\n```json\n{BEFORE}```\n\n",
        ),
        Picture(
            "Folded",
            "With `--fold` each Parallel and Map is one state; `--direction LR` goes from left to right.",
            f"asl render {definition('order-processing')} --fold --direction LR -o folded.svg",
        ),
        *(Picture(name, about(name), f"asl render {definition(name)} -o {name}.svg") for name in names()),
    ]


def names() -> list[str]:
    """Return the names of the example workflows, in the order of their index."""
    return re.findall(r"^- \[([\w-]+)\]", (ROOT / HOME / "README.md").read_text("utf-8"), re.MULTILINE)


def about(name: str) -> str:
    """Return what a workflow does and shows, as the index has it."""
    index = (ROOT / HOME / "README.md").read_text("utf-8")
    [item] = re.findall(rf"^- \[{name}\]\S+ (.*?)\n(?=-|\n)", index, re.MULTILINE | re.DOTALL)
    does, shows = " ".join(item.split()).split(". *It shows*: ")
    return f"It {does}: {shows}."


def definition(name: str) -> str:
    """Return where the definition of a workflow is."""
    [found] = ROOT.glob(f"{HOME}/{name}/*.asl.*")
    return found.relative_to(ROOT).as_posix()


def ran(name: str, picture: str, given: str | None = None) -> str:
    """Return the command that runs a workflow and draws it."""
    folder = f"{HOME}/{name}"
    entry = f"--input '{given}'" if given else f"--input-file {folder}/input.json"
    return f"asl run {definition(name)} {entry} --functions {folder}/functions.py --quiet --svg {picture}.svg"


def wrapped(text: str) -> str:
    """Return the text in lines of 120 characters."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def page(told: dict[str, str]) -> str:
    """Return the text of the page, with what each command told."""
    sections = []
    for picture in pictures():
        name = shlex.split(picture.command)[-1]
        note = f"<!-- exit: {picture.code} -->\n" if picture.code else ""
        prints = f"\n```text\n{told[name]}```\n" if told[name] and picture.before else ""
        command = f"{picture.before}{note}```sh\n{picture.command}\n```\n{prints}"
        level = "###" if picture.title in names() else "##"
        sections.append(
            f"{level} {picture.title}\n\n{wrapped(picture.words)}\n\n{command}\n"
            f"![{picture.title}](pictures/gallery/{name})\n"
        )
    return "\n".join([INTRODUCTION, *sections[:4], PYTHON, EXAMPLES, *sections[4:]])


def draw_all(folder: Path) -> dict[str, str]:
    """Run the commands in a folder; return what each told, by the name of its picture."""
    (folder / "before.asl.json").write_text(BEFORE, encoding="utf-8")
    shutil.copytree(ROOT / HOME, folder / HOME, ignore=shutil.ignore_patterns("__pycache__"))
    told = {}
    with contextlib.chdir(folder):
        for picture in pictures():
            code, output, messages = call(picture.command)
            if code != picture.code:
                raise SystemExit(f"{picture.command}\n{messages}")
            told[shlex.split(picture.command)[-1]] = output
    return told


def call(command: str) -> tuple[object, str, str]:
    """Run a command in this process, as to start one takes longer than to draw; return its exit code, its output and
    its messages."""
    output, messages, words, code = io.StringIO(), io.StringIO(), sys.argv, None
    sys.argv = shlex.split(command)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(messages):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = words
    return code, output.getvalue(), messages.getvalue()


@contextlib.contextmanager
def gallery() -> Iterator[tuple[str, list[Path]]]:
    """Give the text of the page and its pictures, as they should be, for as long as they are needed."""
    with tempfile.TemporaryDirectory() as place:
        text = page(draw_all(Path(place)))
        yield text, sorted(Path(place).glob("*.svg"))


if __name__ == "__main__":
    with gallery() as (text, drawn):
        Path(ROOT / "docs/pictures.md").write_text(text, encoding="utf-8")
        home = ROOT / "docs/pictures/gallery"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for picture in drawn:
            shutil.copy(picture, home)
    shutil.copy(home / "execution.svg", home.parent / "order-processing.svg")  # which the README shows
