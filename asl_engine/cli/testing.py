"""`asl debug`, and `asl test`: what recorded and tried executions can do for tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from asl_engine.cli.options import bucket_option, type_option
from asl_engine.cli.terminal import check_place, show, show_file, tell, write_file
from asl_engine.errors import UsageError


@click.command("debug")
@click.argument("file")
@click.option("--input", "input_text", metavar="JSON", help="The input; '{}' when not given.")
@click.option("--input-file", metavar="FILE", help="A file with the input.")
@click.option("--functions", metavar="APP.PY", help="The functions; for a task without one you are asked.")
@click.option("--seed", type=int, default=0, show_default=True, help="The source of UUIDs, random numbers and jitter.")
@bucket_option
@type_option
def debug(
    file: str,
    input_text: str | None,
    input_file: str | None,
    functions: str | None,
    seed: int,
    bucket: tuple[str, ...],
    type: Any,
) -> None:
    """Run the state machine in FILE step by step, in virtual time; `help` lists the commands."""
    from asl_engine.cli.arguments import load_functions, read_buckets, read_input
    from asl_engine.cli.debug import Prompt, run
    from asl_engine.engine import StateMachine
    from asl_engine.testing.debugger.debugger import Debugger

    if "-" in (input_text, input_file):
        raise UsageError("standard input has the debugger's commands; give the input in an argument or a file")
    machine = StateMachine.load(file, type=type)
    value = read_input(input_text, input_file)
    registry = load_functions(functions) if functions is not None else None
    prompt = Prompt()
    prompt.debugger = Debugger(machine, prompt, registry, seed, buckets=read_buckets(bucket))
    run(prompt, value)


@click.group("test")
def test() -> None:
    """Replay recorded executions, explore what can happen, and make tests of both.

    HISTORY is a file that `aws stepfunctions get-execution-history` or `asl run --history` wrote.
    """


@test.command("replay")
@click.argument("file")
@click.argument("history")
@type_option
def replay_command(file: str, history: str, type: Any) -> None:
    """Run FILE with what the tasks answered in HISTORY, and tell the first difference.

    Exit code 1 if there is one.
    """
    from asl_engine.cli.arguments import read_json
    from asl_engine.engine import StateMachine
    from asl_engine.history.files import read_history
    from asl_engine.testing.recording.replaying import replay

    result = replay(StateMachine.load(file, type=type), read_history(read_json(history), history))
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
@type_option
def from_history(file: str, history: str, output: str | None, type: Any) -> None:
    """Write a pytest file that runs FILE as HISTORY recorded it, and expects the same path and end."""
    from asl_engine.cli.arguments import read_json
    from asl_engine.engine import StateMachine
    from asl_engine.history.files import read_history
    from asl_engine.testing.recording.from_history import test_from
    from asl_engine.testing.recording.recording import read_recording
    from asl_engine.testing.recording.replaying import replay

    check_place(output, file, history)
    machine = StateMachine.load(file, type=type)
    events = read_history(read_json(history), history)
    result = replay(machine, events)
    if result.divergence is not None:
        tell(f"asl: this test will fail, as {file} does not do what {history} says: {result.divergence}")
    folder = Path(output).parent if output is not None else Path()
    text = test_from(read_recording(events), os.path.relpath(file, folder), Path(history).stem, result.execution)
    if output is None:
        show_file(text.rstrip("\n"))
    else:
        write_file(output, text)


@test.command("explore")
@click.argument("file")
@click.option("--input", "input_text", metavar="JSON", help="The input; guessed when not given.")
@click.option("--results", metavar="FILE", help="A JSON object: what Tasks or functions may give, arrays by name.")
@click.option("--max-runs", type=click.IntRange(1), default=2_000, show_default=True)
@click.option("--max-seconds", type=click.FloatRange(0), default=10.0, show_default=True)
@click.option("-o", "--output", metavar="TEST.PY", help="Write an example of each end as a test for pytest.")
@bucket_option
@type_option
def explore_command(
    file: str,
    input_text: str | None,
    results: str | None,
    max_runs: int,
    max_seconds: float,
    output: str | None,
    bucket: tuple[str, ...],
    type: Any,
) -> None:
    """Find out which results and errors of its tasks lead FILE to which ends, and which parts nothing reaches."""
    from asl_engine.cli.arguments import read_buckets, read_input, read_json
    from asl_engine.engine import StateMachine
    from asl_engine.testing.exploration import explore, tests_of
    from asl_engine.values import ABSENT

    check_place(output, file, results)
    machine = StateMachine.load(file, type=type)
    by_name = read_json(results) if results is not None else {}
    if not isinstance(by_name, dict) or not all(isinstance(values, list) for values in by_name.values()):
        raise UsageError(f"{results}: expected an object with an array of results for each name")
    value = read_input(input_text, None) if input_text is not None else ABSENT
    buckets = read_buckets(bucket)
    exploration = explore(machine, value, results=by_name, max_runs=max_runs, max_seconds=max_seconds, buckets=buckets)
    show(exploration.text())
    if exploration.stopped is not None:
        tell("asl: --max-runs and --max-seconds let it try more")
    if (exploration.not_reached or exploration.not_tried) and (input_text is None or results is None):
        tell("asl: where input and results are guessed, --input and --results can reach more")
    if output is not None:
        write_file(output, tests_of(exploration, os.path.relpath(file, Path(output).parent)))
