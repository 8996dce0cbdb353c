"""The commands. Each is a thin shell over the library: it reads what was given, calls one thing, and says what came of
it.

Exit codes: 0, it worked; 1, the execution failed, or `validate` found errors; 2, it could not start.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asl_engine.cli.kept_history import follow, history_kept, write_history
from asl_engine.cli.options import bucket_option, type_option
from asl_engine.cli.terminal import (
    NobodyReads,
    check_place,
    output_set_aside,
    painter,
    prepare_streams,
    show,
    show_file,
    show_json,
    show_report,
    tell,
    tell_line,
    write_file,
)
from asl_engine.cli.testing import debug, test
from asl_engine.errors import AslError, SourceError, UsageError

if TYPE_CHECKING:
    from asl_engine.diagnostics import Report
    from asl_engine.engine import StateMachine
    from asl_engine.execution import Execution
    from asl_engine.render.draw import Format
    from asl_engine.rules.selection import Selection


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
@click.option("--start-time", metavar="TIME", help="When it starts, such as 2026-03-14T09:00:00Z; now when left out.")
@click.option("--name", metavar="NAME", help="The name of the execution.")
@click.option("--history", "history_file", metavar="FILE", help="Write the history, as GetExecutionHistory gives it.")
@click.option("--svg", "svg_file", metavar="FILE", help="Draw the execution: SVG, or what FILE ends in.")
@click.option("--quiet", is_flag=True, help="Print only a failure, not each state.")
@bucket_option
@click.option(
    "--children", metavar="FOLDER", help="Write the child executions of distributed Maps there, a line for each."
)
@type_option
def run(file: str, input_text: str | None, input_file: str | None, functions: str | None, clock: str, seed: int,
        start_time: str | None, name: str | None,
        history_file: str | None, svg_file: str | None, quiet: bool, bucket: tuple[str, ...], children: str | None,
        type: str) -> None:  # fmt: skip
    """Run the state machine in FILE, tell what happens on standard error, and print its output."""
    from asl_engine.cli.arguments import load_functions, read_buckets, read_input, refuse_missing
    from asl_engine.cli.progress import progress_bar
    from asl_engine.engine import StateMachine
    from asl_engine.history.summary import Summary, failure_text
    from asl_engine.history.visits import Failure

    machine = StateMachine.load(file, type=type)  # type: ignore[arg-type] # click has checked it
    value = read_input(input_text, input_file)
    if start_time is not None and clock == "real":
        raise UsageError("--start-time goes with --clock skip: real time starts now")
    sources = (file, input_file, functions, functions and functions.rpartition(":")[0])
    check_place(history_file, *sources)
    check_place(svg_file, *sources, history_file)
    form = _format_of(svg_file)
    seen: list[dict[str, Any]] = []
    on_event = follow(None if quiet else Summary(tell_line).tell, seen if history_file is not None else None)
    with history_kept(history_file, seen), output_set_aside():  # standard output is for the output alone
        registry = load_functions(functions) if functions is not None else None
        refuse_missing(machine.missing(registry), registry)
        go = machine.run_realtime if clock == "real" else partial(machine.run, start_time=start_time)
        progress = None if quiet else progress_bar(sys.stderr)
        buckets = read_buckets(bucket)
        execution = go(
            value,
            registry,
            seed=seed,
            name=name,
            on_event=on_event,
            buckets=buckets,
            children=Path(children) if children is not None else "failed",
            on_progress=progress,
        )
    if execution.succeeded:
        show_json(execution.output)
    elif quiet:
        failure = Failure(execution.error, execution.cause, execution.started_at + execution.duration)
        how = execution.status.lower().replace("_", " ")
        tell(f"asl: execution {how}: {failure_text(failure)}".removesuffix(": "))
    _keep(machine, execution, history_file, svg_file, form)
    sys.exit(0 if execution.succeeded else 1)


def _format_of(file: str | None) -> Format:
    """Return what a picture of an execution shall be, before any work is done for it."""
    if file is None:
        return "svg"
    from asl_engine.render.draw import format_of

    return format_of(file)


def _keep(machine: StateMachine, execution: Execution, history_file: str | None, svg_file: str | None,
          form: Format) -> None:  # fmt: skip
    if history_file is not None:
        write_history(history_file, execution.history)
    if svg_file is not None:
        write_file(svg_file, machine.render(None, execution, format=form))


@asl.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text", show_default=True
)
@click.option("--select", metavar="RULES", help="Extra rules to run; ALL means every rule.")
@click.option("--ignore", metavar="RULES", help="Warnings to leave out.")
@click.option(
    "--files-below", "below", metavar="FOLDER", help="Where files may be that a template names; else in its own folder."
)
@type_option
def validate(
    files: tuple[str, ...], form: str, select: str | None, ignore: str | None, below: str | None, type: str
) -> None:
    """Check state machines: what AWS would refuse, and what is likely a mistake, each with its line.

    A folder stands for the definitions in it. RULES are codes or names, with commas between them.
    """
    from asl_engine import __version__
    from asl_engine.cli.arguments import definition_files
    from asl_engine.cli.formats import github, sarif
    from asl_engine.cli.settings import selection
    from asl_engine.rules.check import Checked, rules

    chosen = selection(select, ignore)
    worst, reports = 0, []
    pending = definition_files(files)
    for file in pending:
        code, report = _checked(file, type, chosen, Path(below) if below else None)
        pending += [named for named in getattr(report, "files", ()) if named not in pending]
        worst = max(worst, code)
        reports.append(report)
        if form == "text" and isinstance(report, Checked):  # else it was told why the file cannot be opened
            show_report(report.text(painter(sys.stdout)))
        elif form == "github" and report.diagnostics:
            show_report(github(report))
    if form == "json":
        show_json([report.as_dict() for report in reports])
    elif form == "sarif":
        show_json(sarif(reports, rules().values(), __version__))
    sys.exit(worst)


@asl.command()
@click.argument("rule_name", metavar="RULE", required=False)
@click.option("--all", "is_all", is_flag=True, help="The pages of all rules, as Markdown.")
def explain(rule_name: str | None, is_all: bool) -> None:
    """Tell what a rule of `asl validate` finds, and why; without RULE, list them."""
    from asl_engine.checking import explain as page_of_rule
    from asl_engine.rules.check import rules
    from asl_engine.rules.pages import all_pages

    known = rules()
    if is_all:
        show_file(all_pages(known.values()).rstrip())
        return
    if rule_name is None:
        show("\n".join(f"{rule.code}  {rule.name}" for rule in known.values()))
        return
    show(page_of_rule(rule_name))


def _checked(file: str, type: Any, chosen: Selection, below: Path | None) -> tuple[int, Report]:
    """Return the exit code for a file, and its report; the report of a file that cannot be read says just that."""
    from asl_engine.cli.arguments import refuse_no_file
    from asl_engine.rules.check import check_file

    try:
        refuse_no_file(file)
        report = check_file(file, type, chosen, below)
    except SourceError as problem:
        tell(f"asl: {problem}")
        return 2, _unread(file, problem)
    if not report.is_readable:
        return 2, report
    return (0 if report.valid else 1), report


def _unread(file: str, problem: SourceError) -> Report:
    from asl_engine.diagnostics import Diagnostic, Report, Severity, Span

    nowhere = Span(1, 1, 1, 1)
    return Report(file, [Diagnostic("ASL001", "not-readable", Severity.ERROR, problem.problem, "", nowhere)])


@asl.command()
@click.argument("file")
@click.option("-o", "--output", metavar="FILE", help="Where to write the picture; standard output when not given.")
@click.option(
    "--format", "form", metavar="FORMAT", help="svg, png, pdf, dot, mermaid or markdown; FILE's suffix tells."
)
@click.option(
    "--history", "history_file", metavar="FILE", help="A history to draw on top, as GetExecutionHistory gives it."
)
@click.option("--diff", "old_file", metavar="OLD", help="Draw what changed since this definition, and say it.")
@click.option("--fold", is_flag=True, help="Draw each Parallel and Map as one state, without its body.")
@click.option("--direction", type=click.Choice(["TB", "LR"], case_sensitive=False), default="TB", show_default=True)
@click.option("--title", metavar="TEXT", help="A heading.")
@type_option
def render(file: str, output: str | None, form: str | None, history_file: str | None, old_file: str | None, fold: bool,
           direction: str, title: str | None, type: str) -> None:  # fmt: skip
    """Draw the state machine in FILE.

    With --diff OLD, states and transitions that were added, removed or changed are marked, and listed on standard
    output; on standard error, when the picture goes there.
    """
    from asl_engine.cli.arguments import read_json
    from asl_engine.cli.progress import waiting
    from asl_engine.engine import StateMachine
    from asl_engine.history.files import read_history
    from asl_engine.render.draw import draw, draw_changes, format_of

    check_place(output, file, history_file, old_file)
    if old_file is not None and history_file is not None:
        raise UsageError("--diff and --history cannot be drawn in one picture; draw two")
    wanted = format_of(output, form)
    machine = StateMachine.load(file, type=type)  # type: ignore[arg-type] # click has checked it
    look: Any = {"is_folded": fold, "direction": direction, "title": title}
    with waiting(sys.stderr, f"drawing {file}"):
        if old_file is not None:
            old = StateMachine.load(old_file, type=type)  # type: ignore[arg-type] # click has checked it
            content, changes = draw_changes(old.model, machine.model, wanted, look)
        else:
            events = read_history(read_json(history_file), history_file) if history_file is not None else None
            content = draw(machine.model, events, form=wanted, look=look)
    if old_file is not None:
        (tell if output is None else show)(changes.summary)
    if output is None:
        show_file(content)
    else:
        write_file(output, content)


@asl.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8083, show_default=True, help="0 takes any free port.")
@click.option(
    "--aws-endpoint-url",
    metavar="URL",
    help="Where AWS services are called, and Lambda functions that are not registered.",
)
@click.option("--functions", metavar="APP.PY", help="The functions: a file or module, with ':attribute' if need be.")
@click.option(
    "--clock", type=click.Choice(["skip", "real"]), default="real", show_default=True, help="Jump over waits, or wait."
)
@click.option("--mock-config", metavar="FILE", help="A MockConfigFile, read again when it changes.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name of this machine; may be repeated.")
@click.option("--store", metavar="FILE", help="Where executions are kept that outlive the process; made if missing.")
@click.option(
    "--durability", type=click.Choice(["full", "normal"]), default="full", show_default=True,
    help="What the store survives: a power cut, or the end of the process in any way.",
)
@bucket_option
def serve(
    host: str,
    port: int,
    aws_endpoint_url: str | None,
    functions: str | None,
    clock: str,
    mock_config: str | None,
    allow_host: tuple[str, ...],
    store: str | None,
    durability: str,
    bucket: tuple[str, ...],
) -> None:
    """Serve the protocol of AWS Step Functions, for boto3, the AWS CLI and every SDK."""
    from asl_engine.cli.arguments import load_functions, open_store, read_buckets
    from asl_engine.tasks.registry import Functions

    try:
        from asl_engine.server.http import serve as answer
        from asl_engine.server.start import service_for
    except ImportError as problem:
        raise UsageError(f"the endpoint needs {problem.name!r}: pip install 'asl-engine[server]'") from None
    if aws_endpoint_url is not None and not aws_endpoint_url.startswith(("http://", "https://")):
        raise UsageError(f"--aws-endpoint-url takes an address such as http://127.0.0.1:4566, not {aws_endpoint_url!r}")
    with output_set_aside() as output:  # standard output says where it listens, and no more
        announce = partial(print, file=output, flush=True)
        registry = load_functions(functions) if functions is not None else Functions()
        try:
            buckets, opened = read_buckets(bucket), open_store(store, durability)
            service = service_for(registry, aws_endpoint_url, clock == "skip", mock_config, buckets, opened)
            answer(service, host, port, announce, allow_host)
        except OSError as problem:
            reason = os.strerror(problem.errno) if problem.errno and problem.errno > 0 else problem.strerror
            raise UsageError(f"cannot listen on {host!r} port {port}: {reason}") from None


asl.add_command(debug)
asl.add_command(test)


def main() -> None:
    """Run the command line. A mistake of the user's ends it with a message and exit code 2, never with a traceback."""
    prepare_streams()
    try:
        code = asl(standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as problem:
        text = io.StringIO()
        problem.show(text)
        tell(text.getvalue().rstrip("\n"))
        code = 2
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except NobodyReads:
        code = READER_LEFT
    except BaseException as problem:
        code = _stopped_by(problem)
    sys.exit(code or 0)


INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

READER_LEFT = 141
"""The exit code when the reader of a pipe has left, likewise."""


def _stopped_by(problem: BaseException) -> int:
    from asl_engine.cli.arguments import text_of

    if isinstance(problem, AslError):
        tell(f"asl: {problem}")
        return 2
    if "KeyboardInterrupt" in text_of(problem):  # what pydantic makes of it while it builds a model
        return INTERRUPTED
    if os.environ.get("ASL_TRACEBACK"):
        tell("".join(traceback.format_exception(problem)))
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" (line {frames[-1].lineno} of {Path(frames[-1].filename).name})" if frames else ""
    tell(f"asl: unexpected {text_of(problem)}{place}. With ASL_TRACEBACK=1 in the environment it tells more.")
    return 2
