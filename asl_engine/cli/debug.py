"""The step debugger in a terminal: what `asl debug` talks to."""

from __future__ import annotations

import cmd
from collections.abc import Callable
from typing import Any

from asl_engine.cli.terminal import show, show_json, tell
from asl_engine.errors import AslError, UsageError
from asl_engine.strange_text import on_one_line
from asl_engine.tasks.invoke import Failure
from asl_engine.testing.account import short
from asl_engine.testing.debugger.debugger import Debugger
from asl_engine.testing.debugger.front import GoBack, Quit
from asl_engine.testing.debugger.stop import Stop
from asl_engine.testing.execution import TestedExecution
from asl_engine.values import JSON, elapsed, parse_json

Wants = Callable[[Stop], bool]


class Prompt(cmd.Cmd):
    """Reads commands and carries them out, until one of them says how to go on.

    `stop` is where the execution stands, None at its end; `is_asking` is while a task waits for an answer.
    """

    prompt = "(asl) "

    def __init__(self) -> None:
        super().__init__()
        self.debugger: Debugger | None = None
        self.stop: Stop | None = None
        self.payload: JSON = None
        self.wants: Wants | None = None
        self.answer: Any = None
        self.is_asking = False

    # -------------------------------------------------------------------------------------------- before the debugger

    def stopped(self, stop: Stop) -> Wants:
        """Show where the execution stands, and read commands until one goes on."""
        self.stop, self.wants = stop, None
        for failed in stop.news:
            show(f"! {on_one_line(str(failed))}")
        retry = f", retry {stop.attempt}" if stop.attempt else ""
        show(f"#{stop.number}  {elapsed(stop.time)}  {'  ' * stop.depth}{on_one_line(stop.state)} ({stop.type}{retry})")
        show(f"    input {short(stop.input)}")
        self.cmdloop()
        assert self.wants is not None
        return self.wants

    def asked(self, state: str, payload: JSON) -> JSON | Failure:
        """Ask for the result of a task that nobody does."""
        show(f"? {on_one_line(state)} calls what nobody does, with {short(payload)}")
        show("    say what it answers: `result JSON`, or `fail ERROR [CAUSE]`")
        self.payload, self.is_asking = payload, True
        try:
            self.cmdloop()
        finally:  # one may go back, and leave the question
            self.is_asking = False
        return self.answer

    def ended(self, execution: TestedExecution) -> None:
        """Show how the execution ended, and read commands until one goes back."""
        self.stop = None
        show(execution.account())
        self.cmdloop()

    # ----------------------------------------------------------------------------------------------------- the loop

    def onecmd(self, line: str) -> bool:
        """Carry a command out; a mistake is told, and the next one read."""
        try:
            return bool(super().onecmd(line))
        except AslError as problem:
            tell(f"asl: {problem}")
            return False

    def emptyline(self) -> bool:
        """Step, as nothing is typed as often."""
        return False if self.is_asking or self.stop is None else self.do_step("")

    def default(self, line: str) -> None:
        """Tell of a command that there is not."""
        if line == "EOF":
            raise Quit
        tell(f"asl: there is no command {line.split()[0]!r}; `help` lists them")

    def _here(self) -> Stop:
        """Return where the execution stands. Raises UsageError at its end, and while a task asks."""
        if self.is_asking:
            raise UsageError("a task asks for an answer: `result JSON`, or `fail ERROR [CAUSE]`")
        if self.stop is None:
            raise UsageError("the execution has ended; `back`, `goto` and `quit` are possible")
        return self.stop

    def _go(self, wants: Wants) -> bool:
        self._here()
        self.wants = wants
        return True

    def _number(self) -> int:
        """Return the number of the stop that would be next, were there no way on: of this one, or one more."""
        assert self.debugger is not None
        return self.stop.number if self.stop is not None and not self.is_asking else self.debugger.stops + 1

    # -------------------------------------------------------------------------------------------------- going on

    def do_step(self, line: str) -> bool:
        """step: go on to the next state, also inside of Parallel and Map."""
        return self._go(lambda stop: True)

    def do_next(self, line: str) -> bool:
        """next: go on to the next state beside this one, past what is inside."""
        depth = self._here().depth
        return self._go(lambda stop: stop.depth <= depth)

    def do_continue(self, line: str) -> bool:
        """continue: go on to the next breakpoint, or to the end."""
        return self._go(lambda stop: False)

    def do_back(self, line: str) -> bool:
        """back [NUMBER]: go back to the stop before, so many stops, or from the end to the last one."""
        steps = line.strip() or "1"
        if not _is_number(steps):
            raise UsageError("back takes how many stops to go back: back 2")
        raise GoBack(self._number() - int(steps))

    def do_goto(self, line: str) -> bool:
        """goto NUMBER: go back to the stop of a number."""
        if not _is_number(line.strip()):
            raise UsageError("goto takes the number of a stop, which stands before it: goto 3")
        if int(line) > self._number():
            raise UsageError(f"goto leads back, and {int(line)} is still to come")
        raise GoBack(int(line))

    def do_quit(self, line: str) -> bool:
        """quit: end the debugger."""
        raise Quit

    # ------------------------------------------------------------------------------------------- looking around

    def do_print(self, line: str) -> None:
        """print [input | variables | context | stages | last | path]: show it whole; the input unless said. `stages`
        are those of the data flow before the state's work, and `last` all of the state before. While a task asks, print
        shows the payload."""
        show_json(self._thing(line.strip()))

    def _thing(self, name: str) -> Any:
        if name in ("", "payload") and self.is_asking:
            return self.payload
        stop = self._here()
        things: dict[str, Callable[[], Any]] = {
            "input": lambda: stop.input,
            "variables": lambda: stop.variables,
            "context": lambda: stop.context,
            "stages": stop.stages,
            "last": stop.last,
            "path": lambda: stop.path,
        }
        if (name or "input") not in things:
            raise UsageError(f"print shows {', '.join(things)}, not {name!r}")
        return things[name or "input"]()

    def do_break(self, line: str) -> None:
        """break [STATE | error [NAME] | if CONDITION]: stop before a state, after an error, or where a JSONata
        condition over the input holds; without words, list the breakpoints."""
        assert self.debugger is not None
        points = self.debugger.breakpoints
        word, _, rest = line.strip().partition(" ")
        if not line.strip():
            show("\n".join(points.texts()) or "no breakpoints")
        elif word == "error":
            points.at_error(rest.strip() or "States.ALL")
        elif word == "if":
            points.at_condition(rest.strip())
        else:
            points.at_state(line.strip())

    # ------------------------------------------------------------------------------------------------ changing

    def do_set(self, line: str) -> None:
        """set input JSON, or set $NAME JSON: change the input of the state, or a variable."""
        stop = self._here()
        name, _, text = line.strip().partition(" ")
        if name == "input":
            stop.set_input(_json(text))
        elif name.startswith("$") and name[1:].isidentifier():
            stop.set_variable(name[1:], _json(text))
        else:
            raise UsageError("set takes `input JSON` or `$NAME JSON`")

    def do_result(self, line: str) -> bool:
        """result JSON: what the task gives that asks for an answer."""
        return self._answer(_json(line) if line.strip() else None)

    def do_fail(self, line: str) -> bool:
        """fail ERROR [CAUSE]: how the task fails that asks for an answer."""
        error, _, cause = line.strip().partition(" ")
        return self._answer(Failure(error or "States.TaskFailed", cause or None))

    def _answer(self, answer: Any) -> bool:
        if not self.is_asking:
            raise UsageError("no task asks for an answer")
        self.answer = answer
        return True

    do_s, do_n, do_c, do_b, do_p, do_q = do_step, do_next, do_continue, do_break, do_print, do_quit


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _json(text: str) -> JSON:
    try:
        return parse_json(text)
    except ValueError as problem:
        raise UsageError(f"{text!r} is not JSON: {problem}") from None


def run(prompt: Prompt, value: JSON) -> None:
    """Debug until the user has seen enough; from the end, too, one can go back."""
    debugger = prompt.debugger
    assert debugger is not None
    try:
        execution = debugger.run(value)
        while True:
            try:
                prompt.ended(execution)
            except GoBack as back:
                execution = debugger.go_back(execution, back.number)
    except Quit:
        return
