"""The commands. Each is a thin shell over the library: it reads what was given, calls one thing, and says what came of
it.

Exit codes: 0, it worked; 1, the execution failed or the definition has errors; 2, it could not start.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asl_engine.errors import AslError, InputError

if TYPE_CHECKING:
    from asl_engine.engine import StateMachine
    from asl_engine.execution import Execution

KINDS = click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False)
kind_option = click.option(
    "--type", "kind", type=KINDS, default="STANDARD", show_default=True, help="The type of state machine."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="asl-engine", prog_name="asl")
def asl() -> None:
    """Run, check, draw and serve AWS Step Functions state machines, without AWS."""


@asl.command()
@click.argument("file")
@click.option("--input", "input_text", metavar="JSON", help="The input; '-' reads it from standard input.")
@click.option("--input-file", metavar="FILE", help="A file with the input; '-' reads standard input.")
@click.option("--functions", metavar="APP.PY", help="The functions: a file or module, with ':attribute' if need be.")
@click.option(
    "--clock", type=click.Choice(["skip", "real"]), default="skip", show_default=True, help="Jump over waits, or wait."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The source of UUIDs, random numbers and jitter.")
@click.option("--history", "history_file", metavar="FILE", help="Write the history, as GetExecutionHistory gives it.")
@click.option("--svg", "svg_file", metavar="FILE", help="Draw the execution.")
@click.option("--quiet", is_flag=True, help="No account of the states on standard error.")
@kind_option
def run(file: str, input_text: str | None, input_file: str | None, functions: str | None, clock: str, seed: int,
        history_file: str | None, svg_file: str | None, quiet: bool, kind: str) -> None:  # fmt: skip
    """Run the state machine in FILE, tell what happens on standard error, and print its output."""
    from asl_engine.cli.account import Account
    from asl_engine.cli.given import load_functions, read_input
    from asl_engine.engine import StateMachine

    machine = StateMachine.load(file, type=kind)  # type: ignore[arg-type] # click has checked it
    value = read_input(input_text, input_file)
    given = load_functions(functions) if functions else None
    tell = None if quiet else Account(lambda line: click.echo(line, err=True)).tell
    if clock == "real":
        execution = machine.run_realtime(value, given, seed=seed, on_event=tell)
    else:
        execution = machine.run(value, given, seed=seed, on_event=tell)
    _keep(machine, execution, history_file, svg_file)
    if not execution.succeeded:
        sys.exit(1)
    click.echo(json.dumps(execution.output, indent=2, ensure_ascii=False))


def _keep(machine: StateMachine, execution: Execution, history_file: str | None, svg_file: str | None) -> None:
    if history_file is not None:
        _write(
            history_file,
            json.dumps({"events": list(execution.history)}, indent=2, ensure_ascii=False, default=_as_text) + "\n",
        )
    if svg_file is not None:
        _write(svg_file, machine.render(execution=execution))


def _as_text(moment: Any) -> str:
    return str(moment.isoformat())


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be written: {problem.strerror}") from None


@asl.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--select", metavar="ALL", help="ALL turns on the rules that are off by default.")
@kind_option
def validate(files: tuple[str, ...], form: str, select: str | None, kind: str) -> None:
    """Check state machines: what AWS would refuse, and what is likely a mistake, each with its line."""
    from asl_engine.errors import SourceError
    from asl_engine.rules.check import check_file

    if select not in (None, "ALL"):
        raise click.UsageError("--select takes ALL")
    entries, worst = [], 0
    for file in files:
        try:
            report = check_file(file, kind, every_rule=select is not None)  # type: ignore[arg-type] # click has checked it
        except SourceError as problem:
            click.echo(f"asl: {problem}", err=True)
            worst = 2
            continue
        worst = max(worst, 0 if report.valid else 1)
        entries.append(report)
    if form == "json":
        click.echo(json.dumps([entry.as_dict() for entry in entries], indent=2))
    else:
        click.echo("\n".join(entry.text() for entry in entries))
    sys.exit(worst)


@asl.command()
@click.argument("file")
@click.option("-o", "--output", metavar="FILE", help="Where to write the SVG; standard output when not given.")
@click.option(
    "--history", "history_file", metavar="FILE", help="A history to draw on top, as GetExecutionHistory gives it."
)
@kind_option
def render(file: str, output: str | None, history_file: str | None, kind: str) -> None:
    """Draw the state machine in FILE as SVG."""
    from asl_engine.cli.given import read_input
    from asl_engine.engine import StateMachine
    from asl_engine.render.draw import draw

    machine = StateMachine.load(file, type=kind)  # type: ignore[arg-type] # click has checked it
    events = _events(read_input(None, history_file), history_file) if history_file is not None else None
    text = draw(machine.model, events)
    if output is None:
        click.echo(text)
    else:
        _write(output, text)


def _events(history: Any, name: str) -> list[dict[str, Any]]:
    events = history.get("events") if isinstance(history, dict) else history
    if not isinstance(events, list) or not all(isinstance(event, dict) and "type" in event for event in events):
        expected = '{"events": [...]}, as `aws stepfunctions get-execution-history` prints it'
        raise InputError(f"{name} holds no history; expected {expected}")
    return events


@asl.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8083, show_default=True, help="0 takes any free port.")
@click.option("--aws-endpoint-url", metavar="URL", help="Where Lambda functions that are not registered are called.")
@click.option("--functions", metavar="APP.PY", help="The functions: a file or module, with ':attribute' if need be.")
@click.option(
    "--clock", type=click.Choice(["skip", "real"]), default="real", show_default=True, help="Jump over waits, or wait."
)
@click.option(
    "--mock-config", metavar="FILE", help="A MockConfigFile; not supported yet, unless it has no state machines."
)
def serve(
    host: str, port: int, aws_endpoint_url: str | None, functions: str | None, clock: str, mock_config: str | None
) -> None:
    """Serve the protocol of AWS Step Functions, for boto3, the AWS CLI and every SDK."""
    from asl_engine.cli.given import load_functions, read_input
    from asl_engine.tasks.registry import Functions

    try:
        from asl_engine.server.http import serve as answer
        from asl_engine.server.start import service_for
    except ImportError as problem:
        raise click.ClickException(f"the endpoint needs {problem.name!r}: pip install 'asl-engine[server]'") from None
    if mock_config is not None and (read_input(None, mock_config) or {}).get("StateMachines"):
        raise click.ClickException(f"{mock_config}: mocked service integrations are not supported yet")
    given = load_functions(functions) if functions else Functions()
    try:
        answer(service_for(given, aws_endpoint_url, clock == "skip"), host, port)
    except OSError as problem:
        raise click.ClickException(f"cannot listen on {host} port {port}: {problem.strerror}") from None


def main() -> None:
    """Run the command line. A mistake of the user's ends it with a message and exit code 2, never with a traceback."""
    try:
        asl(standalone_mode=False)
    except AslError as problem:
        click.echo(f"asl: {problem}", err=True)
        sys.exit(2)
    except click.ClickException as problem:
        problem.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
