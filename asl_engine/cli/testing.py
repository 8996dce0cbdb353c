"""`asl test`: what a recorded execution can do for tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from asl_engine.cli.terminal import check_place, show, show_file, tell, write_file
from asl_engine.errors import InputError

kind_option = click.option(
    "--type", "kind", type=click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False), default="STANDARD",
    show_default=True, help="The type of state machine.",
)  # fmt: skip


@click.group("test")
def test() -> None:
    """Replay recorded executions, and make tests of them.

    HISTORY is a file that `aws stepfunctions get-execution-history` or `asl run --history` wrote.
    """


@test.command("replay")
@click.argument("file")
@click.argument("history")
@kind_option
def replay_command(file: str, history: str, kind: Any) -> None:
    """Run FILE with what the tasks answered in HISTORY, and tell the first difference.

    Exit code 1 if there is one.
    """
    from asl_engine.engine import StateMachine
    from asl_engine.testing.replay import replay

    result = replay(StateMachine.load(file, type=kind), _events(history))
    if result.divergence is None:
        show(f"{file} does what {history} says")
        return
    show(str(result.divergence))
    if result.execution is not None:
        tell(result.execution.account())
    sys.exit(1)


@test.command("from-history")
@click.argument("file")
@click.argument("history")
@click.option("-o", "--output", metavar="TEST.PY", help="Where to write the test; standard output when not given.")
@kind_option
def from_history(file: str, history: str, output: str | None, kind: Any) -> None:
    """Write a pytest file that runs FILE as HISTORY recorded it, and expects the same path and end."""
    from asl_engine.engine import StateMachine
    from asl_engine.testing.from_history import test_from
    from asl_engine.testing.replay import read_recording, replay

    check_place(output)
    machine = StateMachine.load(file, type=kind)
    events = _events(history)
    result = replay(machine, events)
    if result.divergence is not None:
        tell(f"asl: this test will fail, as {file} does not do what {history} says: {result.divergence}")
    folder = Path(output).parent if output is not None else Path()
    text = test_from(read_recording(events), os.path.relpath(file, folder), Path(history).stem)
    if output is None:
        show_file(text.rstrip("\n"))
    else:
        write_file(output, text)


def _events(path: str) -> Any:
    from asl_engine.cli.given import read_json

    found = read_json(path)
    if not isinstance(found, (dict, list)):
        raise InputError(f"{path} holds no history")
    return found
