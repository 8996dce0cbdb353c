"""The interpreter: events in, commands out. See the package's essay for the theory of operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.kernel import attempts, forks, map_runs, redrive
from asl_engine.kernel.commands import DEADLINE, Command, Continue, StartTimer
from asl_engine.kernel.events import (
    ActivityStarted,
    Continued,
    Event,
    ExecutionBroken,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    MapRunFailed,
    MapRunSucceeded,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.failures import (
    DATA_LIMIT,
    QUERY_ERROR,
    RUNTIME,
    TIMEOUT,
    catcher_for,
    expression_failure,
    next_retry,
    refuse,
)
from asl_engine.kernel.memory import Frame, Memory, Step
from asl_engine.kernel.record import HistoryFull
from asl_engine.kernel.sizes import assign, output_max_size, too_large
from asl_engine.kernel.texts import selected, write_anew
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.program import (
    Catcher,
    Distribute,
    Done,
    Enter,
    Failed,
    Fork,
    Invoke,
    Move,
    Redistribute,
    Shape,
    Sleep,
    TimedOut,
)
from asl_engine.quotas import MAX_BYTES, MAX_EVENTS
from asl_engine.values import JSON, size_of

ENTER: Final = Enter()

PAUSES: Final = frozenset({Enter, Failed, Shape})
"""The moves before which a walk may give way: a state, what handles its failure, and an item of a Map."""

FORKS: Final = frozenset({"Map", "Parallel"})
"""The types whose failure has an event of its own, also where it is that of an expression (recorded)."""


class Kernel(Memory):
    """One execution of a program. It has no clock, no I/O, no threads and no chance of its own.

    It is a memory that can act: what is remembered, and how it is read, says `Memory`; here it changes.
    """

    __slots__ = ()

    def handle(self, event: Event) -> list[Command]:
        """Take in what happened, and return what is to be done.

        An event for an op that is unknown or over gives no commands. Nothing that the document, the input or a task
        did raises: it becomes part of the history.

        In this order: what nobody waits for is turned away before time passes, so that it leaves no trace. The time is
        written before what happened in it. The event's own frame walks before those in `ready`, which came after it,
        as on AWS: that is the order of ids in history. The timer of the whole comes last, and only for what waits.
        """
        if self.status not in ("RUNNING", "PENDING") and not redrive.is_heard(self, event):
            return []
        op = event.op
        if op not in self.waiting and op != DEADLINE and op != self.deadline_op:
            return []  # unknown or over: not even time passes
        commands: list[Command] = []
        self.commands = commands
        if event.at > self.now or self.status == "PENDING":
            self.now = event.at
            self.record.time(event.at)
        ready = self.ready
        try:
            step = TAKE_IN[type(event)](self, event)
            if self.refusal is not None and self.status == "RUNNING" and (step is not None or ready):
                refuse(self, step[0] if step is not None else ready[0][0], self.refusal)
            elif step is not None:
                self._walk(step[0], step[1])
            while ready and not self.has_given_way:  # what walks that end or fail have left for others, and so on
                frame, move = ready.popleft()
                if frame.is_open:  # else what it belongs to has failed since
                    self._walk(frame, move)
                    if ready and self.is_spent is not None and self.is_spent():
                        self._give_way()
        except HistoryFull:
            self._stop_full()
        # Only now: most executions of a moment need no timer.
        if (self.waiting or self.has_given_way) and not self.is_deadline_set:
            self.is_deadline_set = True
            commands.append(StartTimer(self.deadline_op, self.deadline()))
        return commands

    # --------------------------------------------------------------------------------------- one walk, move by move

    def _walk(self, frame: Frame, move: Move | None) -> None:
        """Make a frame's moves until it waits, forks or ends. What is calculated between two places where it could give
        way has a budget of its own (`lang/budget.py`)."""
        frame.budget = None
        if not frame.has_begun:
            forks.begin_walk(self, frame)
            move = self._enter(frame, ENTER)
        elif self.record.focus != frame.number:
            self.record.focus_on(frame.number)
        while move is not None:
            move = MAKE[type(move)](self, frame, move)
            if move is not None and type(move) in PAUSES:
                frame.budget = None
                if self.is_spent is not None and self.is_spent():
                    move = self._interrupt(frame, move)

    def _interrupt(self, frame: Frame, move: Move) -> Move | None:
        """Do not make the next move, as the driver's budget is spent; the walk is the first to go on."""
        self.ready.appendleft((frame, move))
        self._give_way()
        return None

    def _give_way(self) -> None:
        """Let what is ready wait until the driver has time for more."""
        if not self.has_given_way:
            self.has_given_way = True
            self.commands.append(Continue(self.deadline_op))

    def _enter(self, frame: Frame, enter: Enter) -> Move:
        frame.data = frame.input
        try:
            move = frame.state.run(frame)
        except ExpressionFailed as problem:
            return expression_failure(self, frame, problem)
        if texts := self.record.texts:
            write_anew(move, frame.input, texts)
        return move

    def leave(self, frame: Frame, done: Done) -> Move | None:
        """Do the second half of the data flow, write down the transition, and enter the next state.

        States that are done at once follow each other here, not by way of the table: in this loop goes the time.
        """
        record, entries, is_spent = self.record, self.record.entries, self.is_spent
        texts = record.texts or None  # which is quicker to ask for
        while True:
            state, result, route = frame.state, done.result, done.route
            assigned = None
            try:
                # Variables first: an `Assign` that fails must find the state as it was, and both see the same result.
                if route.assign is not None:
                    frame.data = result
                    assigned = assign(self, frame, route.assign)
                output = result if route.leave is None else route.leave(frame, result)
                if texts is not None and route.leave is not None:
                    output = selected(output, frame.input, texts)
            except ExpressionFailed as problem:
                return expression_failure(self, frame, problem)
            # The size before the record: what is too large is a failure of this state, which then was not left.
            size = frame.result_max_size
            if route.leave is not None or not size:  # made of input and result; else it is the result, of known size
                size += frame.max_size
            if state.growth is not None or size > MAX_BYTES:
                others = self.envelope_size + frame.item_max_size
                size = output_max_size(frame, state.growth, size, others, output)
                if size > MAX_BYTES:
                    return output_too_large(self, frame)
            # A state that waited was written down when it was entered, so its exit is a mark of its own; so is one that
            # assigns. Near the end of history each event has to ask for room. All others are one line of the record.
            if frame.entered_id or assigned is not None or record.event_count > record.last_transition:
                self._write_exit(frame, output, assigned)
            else:
                record.event_count += 2
                if entries is not None:
                    entries += (state, frame.input, output)
            following = route.next
            if following is None:
                return self._end_walk(frame, output, size)
            frame.state, frame.budget = following, None
            frame.input = frame.data = output
            frame.max_size = size
            frame.visit += 1
            if is_spent is not None and is_spent():
                return self._interrupt(frame, ENTER)
            try:
                move = following.run(frame)
            except ExpressionFailed as problem:
                return expression_failure(self, frame, problem)
            if texts is not None:
                write_anew(move, output, texts)
            if type(move) is not Done:
                return move
            done = move

    def _end_walk(self, frame: Frame, output: JSON, size: int) -> Move | None:
        """The walk has left its last state, and makes no move."""
        frame.is_open = False
        if frame.parent is not None:
            forks.walk_succeeded(self, frame, frame.parent, output, size)
        else:
            self.succeed(output)
        return None

    def _write_exit(self, frame: Frame, output: JSON, assigned: dict[str, JSON] | None) -> None:
        """Write down leaving a state that was entered some time ago, or that assigns variables."""
        if not frame.entered_id:
            self.note_entered(frame)
        if assigned is not None:
            frame.variables = {**frame.variables, **assigned}
        self.record.exited(frame.state, output, assigned)
        frame.entered_id = frame.attempt = frame.result_max_size = 0
        frame.retries = None

    # ----------------------------------------------------------------------------------------------------- failures

    def recover(self, frame: Frame, failed: Failed) -> Move | None:
        """Retry, then Catch, then the problem of the walk around this one."""
        self.note_entered(frame)
        retry = next_retry(frame, failed)
        if retry is not None:
            at, delay = retry
            frame.join = None  # the walks of the attempt before are over, and none of them counts
            frame.result_max_size = 0
            self.record.retried(frame.state, at)
            return Sleep(ENTER, seconds=delay) if delay > 0 else ENTER
        is_of_fork = failed.is_of_map_run or (failed.error == QUERY_ERROR and frame.state.type in FORKS)
        join, frame.join = frame.join, None
        is_joined = join is not None or is_of_fork
        if is_joined:
            self.record.joined(frame.state, "Failed")
        caught = catcher_for(frame, failed)
        if caught is not None:
            return self._catch(frame, failed, *caught, is_joined)
        frame.join = join  # a redrive goes on with the walks that did not succeed
        fail_walk(self, frame, failed)
        return None

    def _catch(self, frame: Frame, failed: Failed, at: int, catcher: Catcher, was_joined: bool) -> Move | None:
        """Leave the state by a catcher's way out, with the error output put where it says.

        A failure that has no name or cause is caught as null; a timeout has a name and an empty cause (recorded). What
        fails in the catcher itself nobody catches.
        """
        cause = "" if failed.error == TIMEOUT and failed.cause is None else failed.cause
        error_output = {"Error": failed.error, "Cause": cause}
        route = catcher.route
        try:
            output = catcher.output(frame, error_output)
            frame.data = error_output
            assigned = assign(self, frame, route.assign) if route.assign is not None else None
        except ExpressionFailed as problem:
            failed = expression_failure(self, frame, problem)
            if was_joined and failed.error == QUERY_ERROR:
                self.record.joined(frame.state, "Failed")  # once more (recorded, September 2026)
            fail_walk(self, frame, failed)
            return None
        size = size_of(output)
        if size > MAX_BYTES:
            fail_walk(self, frame, output_too_large(self, frame))
            return None
        self.record.caught(frame.state, at)
        self._write_exit(frame, output, assigned)
        assert route.next is not None
        frame.go_to(route.next, output, size)
        return ENTER

    # ------------------------------------------------------------------------------------------------ start and end

    def _on_started(self, event: ExecutionStarted) -> Step:
        identity = event.identity
        self.status, self.input, self.seed = "RUNNING", event.input, event.seed
        self.started_at = event.at
        self.identity = identity
        if event.text is not None:
            self.record.written(event.input, event.text)
        self.record.started(event.input, identity.role_arn, identity.region)
        size = size_of(event.input) if event.size is None else event.size
        self.envelope_size = self.input_max_size = size + 2_048  # `$$` repeats the input, and adds names and ARNs
        self.root = Frame(self, 0, self.program, event.input, size)
        return self.root, ENTER

    def _on_continued(self, event: Continued) -> None:
        self.has_given_way = False

    def _on_stopped(self, event: ExecutionStopped) -> None:
        self.abort(event.error, event.cause)

    def _on_broken(self, event: ExecutionBroken) -> None:
        self.fail(RUNTIME, event.cause)

    def _stop_full(self) -> None:
        if self.program.type == "EXPRESS":
            self.time_out(TIMEOUT)
        else:
            self.fail(RUNTIME, f"The execution reached the maximum number of history events ({MAX_EVENTS}).")


def fail_walk(kernel: Kernel, frame: Frame, failed: Failed) -> None:
    """Nobody handled the failure: the walk has failed. `States.Runtime` ends the execution from wherever it is, and
    nothing is said of the walks around it (recorded, September 2026)."""
    frame.is_open = False
    if frame.parent is not None and failed.error != RUNTIME:
        forks.walk_failed(kernel, frame, failed)
    else:
        kernel.fail(failed.error, failed.cause)


def output_too_large(kernel: Kernel, frame: Frame) -> Failed:
    """Return the failure of a state whose output passes the limit."""
    kernel.note_entered(frame)
    return Failed(DATA_LIMIT, too_large(frame.state.name))


TAKE_IN: Final[dict[type[Event], Callable[[Kernel, Any], Step | None]]] = {
    ActivityStarted: attempts.on_activity_started,
    Continued: Kernel._on_continued,
    ExecutionRedriven: redrive.on_redriven,
    ExecutionStarted: Kernel._on_started,
    ExecutionBroken: Kernel._on_broken,
    ExecutionStopped: Kernel._on_stopped,
    MapRunFailed: map_runs.on_map_run_failed,
    MapRunSucceeded: map_runs.on_map_run_succeeded,
    TaskFailed: attempts.on_failed,
    TaskHeartbeat: attempts.on_heartbeat,
    TaskSubmitted: attempts.on_submitted,
    TaskSucceeded: attempts.on_succeeded,
    TimerFired: attempts.on_timer,
}
"""What each event does, and the move that follows from it. One that lets many frames go on has them in `ready`."""

MAKE: Final[dict[type[Move], Callable[[Kernel, Frame, Any], Move | None]]] = {
    Distribute: map_runs.distribute,
    Redistribute: map_runs.redistribute,
    Done: Kernel.leave,
    Enter: Kernel._enter,
    Failed: Kernel.recover,
    Fork: forks.open_fork,
    Shape: forks.shape,
    Invoke: attempts.invoke,
    Sleep: attempts.sleep,
    TimedOut: attempts.time_out,
}
"""What each move does. It returns the next one, or None when the walk waits, forks or ends. The whole interpreter is
this table."""
