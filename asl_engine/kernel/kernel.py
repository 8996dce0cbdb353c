"""The interpreter: events in, commands out. See the package's essay for the theory of operation."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Container
from typing import Any, Final

from asl_engine.history import Mark, Records
from asl_engine.kernel import attempts, forks, map_runs, redrive
from asl_engine.kernel.commands import DEADLINE, Cancel, Command, StartMapRun, StartTimer
from asl_engine.kernel.events import (
    ActivityStarted,
    Event,
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
from asl_engine.kernel.failures import DATA_LIMIT, QUERY_ERROR, RUNTIME, TIMEOUT, catcher_for, next_retry
from asl_engine.kernel.frames import Frame
from asl_engine.kernel.identity import Identity
from asl_engine.kernel.sizes import assign, output_bound, too_large
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.moves import Distribute, Done, Enter, Failed, Fork, Invoke, Move, Redistribute, Sleep
from asl_engine.program.program import Catcher, Program, Route
from asl_engine.quotas import LIFETIME, MAX_BYTES, MAX_EVENTS
from asl_engine.values import JSON, format_timestamp, size_of

MAX_EXPRESS_TRANSITIONS: Final = 1_000_000
"""How many states an Express execution may enter while no time passes, before it counts as having used up its five
minutes."""

ENTER: Final = Enter()


class HistoryFull(Exception):
    """The next event would be number 25,000."""


class Kernel:
    """One execution of a program. It has no clock, no I/O, no threads and no chance of its own.

    `status` is RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; `output`, `error` and `cause` as DescribeExecution has
    them. `place` is the op of the Map Run and the number of the child, if this is a child execution: its own ops begin
    with it, so they are unique among all that one driver runs.
    """

    __slots__ = (
        "_context", "_last_transition", "_max_events", "_stamp", "_stamped_at", "activities", "around", "cause",
        "commands", "deadline_op", "error", "event_count", "focus", "frame_count", "identity", "input",
        "input_bound", "is_deadline_set", "map_runs", "now", "output", "place", "program", "ready", "records",
        "redrive_count", "redriven_at", "root", "seed", "sleeping", "started_at", "status", "waiting",
    )  # fmt: skip

    def __init__(self, program: Program, keeps_history: bool = True, place: str = "") -> None:
        self.program = program
        self.place = place
        self.deadline_op = place + DEADLINE if place else DEADLINE
        self.status = "PENDING"
        self.input: JSON = None
        self.output: JSON = None
        self.error: str | None = None
        self.cause: str | None = None
        self.seed = 0
        self.started_at = 0.0
        self.redriven_at: float | None = None
        self.redrive_count = 0
        self.now = 0.0
        self.identity = Identity("")
        self._context: dict[str, JSON] | None = None
        self.records: Records | None = [] if keeps_history else None
        self.event_count = 0
        self.frame_count = 0
        self.focus = 0
        self.is_deadline_set = False
        self.activities: Container[str] | None = None  # those that exist, by ARN, where somebody knows
        self.waiting: dict[str, tuple[Frame, Command]] = {}
        self.sleeping: dict[str, Move] = {}
        self.map_runs: dict[int, StartMapRun] | None = None  # the last of each frame, for a redrive
        self.ready: deque[tuple[Frame, Move | None]] = deque()
        self.root: Frame | None = None
        self.commands: list[Command] = []
        self._max_events = MAX_EVENTS if program.kind == "STANDARD" else 2 * MAX_EXPRESS_TRANSITIONS
        self._last_transition = self._max_events - 3
        self.around = 0
        self.input_bound = 0
        self._stamped_at = -1.0
        self._stamp = ""

    # ------------------------------------------------------------------------------------------------ the contract

    def handle(self, event: Event) -> list[Command]:
        """Take in what happened, and return what is to be done.

        An event for an op that is unknown or over gives no commands. Nothing that the document, the input or a task
        did raises: it becomes part of the history.
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
            self.write(Mark.AT, event.at, None)
        try:
            TAKE_IN[type(event)](self, event)
            while self.ready:
                frame, move = self.ready.popleft()
                if frame.is_open:
                    self.walk(frame, move)
        except HistoryFull:
            self._stop_full()
        if self.waiting and not self.is_deadline_set:
            self._set_deadline()
        return commands

    def forget_context(self) -> None:
        """The context object has changed: make it anew when it is asked for."""
        self._context = None

    def outstanding(self) -> list[Command]:
        """Return the commands whose answers the execution waits for: what a driver issues again after a restore."""
        commands = [command for _, command in self.waiting.values()]
        if self.is_deadline_set:
            commands.append(StartTimer(self.deadline_op, self.deadline()))
        return commands

    def stamp(self, at: float) -> str:
        """Return a moment as text; most ask for the same one."""
        if at != self._stamped_at:
            self._stamped_at, self._stamp = at, format_timestamp(at)
        return self._stamp

    def token(self, op: str) -> str:
        """Return the task token of an attempt: not to be guessed without the seed, the same after a restore."""
        text = f"{self.seed}:{self.identity.execution_arn}:{op}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    # --------------------------------------------------------------------------------------- one walk, move by move

    def walk(self, frame: Frame, move: Move | None) -> None:
        """Make a frame's moves until it waits, forks or ends."""
        if not frame.has_begun:
            forks.begin_walk(self, frame)
            move = self._enter(frame, ENTER)
        elif self.focus != frame.number:
            self.focus_on(frame)
        while move is not None:
            move = MAKE[type(move)](self, frame, move)

    def _enter(self, frame: Frame, enter: Enter) -> Move:
        frame.data = frame.input
        try:
            return frame.state.run(frame)
        except ExpressionFailed as problem:
            return self.broken(frame, problem)

    def _done(self, frame: Frame, done: Done) -> Move | None:
        return self.leave(frame, done.result, done.route)

    def leave(self, frame: Frame, result: JSON, route: Route) -> Move | None:
        """Do the second half of the data flow, write down the transition, and enter the next state.

        States that are done at once follow each other here, without a way back to the table: this loop is where the
        time goes.
        """
        records = self.records
        while True:
            state = frame.state
            assigned = None
            try:
                if route.assign is not None:
                    frame.data = result
                    assigned = assign(self, frame, route.assign)
                output = result if route.leave is None else route.leave(frame, result)
            except ExpressionFailed as problem:
                return self.broken(frame, problem)
            bound = frame.result_bound
            if route.leave is not None or not bound:  # else the output is the result itself
                bound += frame.bound
            if state.growth is not None or bound > MAX_BYTES:
                bound = output_bound(frame, state.growth, bound, self.around + frame.item_bound, output)
                if bound > MAX_BYTES:
                    return self._too_large(frame, state.name)
            if frame.entered_id or assigned is not None or self.event_count > self._last_transition:
                self._write_exit(frame, output, assigned)
            else:
                self.event_count += 2
                if records is not None:
                    records += (state, frame.input, output)
            following = route.next
            if following is None:
                frame.is_open = False
                if frame.parent is not None:
                    forks.walk_succeeded(self, frame, frame.parent, output, bound)
                else:
                    self.output = output
                    self.end("SUCCEEDED", Mark.SUCCEEDED, output, None)
                return None
            frame.state = following
            frame.input = frame.data = output
            frame.bound = bound
            frame.visit += 1
            try:
                move = following.run(frame)
            except ExpressionFailed as problem:
                return self.broken(frame, problem)
            if type(move) is not Done:
                return move
            result, route = move.result, move.route

    def _write_exit(self, frame: Frame, output: JSON, assigned: dict[str, JSON] | None) -> None:
        """Write down leaving a state that was entered some time ago, or that assigns variables."""
        if not frame.entered_id:
            self.note_entered(frame)
        if assigned is not None:
            frame.variables = {**frame.variables, **assigned}
            self.write(Mark.ASSIGNED, assigned, None)
        self.write(Mark.EXITED, frame.state, output)
        frame.entered_id = frame.attempt = frame.result_bound = 0
        frame.attempts = None

    # ------------------------------------------------------------------------------------------------------- events

    def _on_stopped(self, event: ExecutionStopped) -> None:
        self.error, self.cause = event.error, event.cause
        self.end("ABORTED", Mark.ABORTED, event.error, event.cause)

    def _on_started(self, event: ExecutionStarted) -> None:
        identity = event.identity
        self.status, self.input, self.seed = "RUNNING", event.input, event.seed
        self.started_at = event.at
        self.identity = identity
        self.write(Mark.STARTED, event.input, (identity.role_arn, identity.region))
        bound = size_of(event.input) if event.size is None else event.size
        self.around = self.input_bound = bound + 2_048
        self.root = Frame(self, 0, self.program, event.input, bound)
        self.ready.append((self.root, ENTER))

    @property
    def context(self) -> dict[str, JSON]:
        """The parts of the context object that stay the same for the whole execution."""
        if self._context is None:
            identity = self.identity
            execution = {
                "Id": identity.execution_arn,
                "Input": self.input,
                "StartTime": format_timestamp(self.started_at),
                "Name": identity.execution_name,
                "RoleArn": identity.role_arn,
                "RedriveCount": self.redrive_count,
            }
            if self.redrive_count and self.redriven_at is not None:
                execution["RedriveTime"] = format_timestamp(self.redriven_at)
            machine = {"Id": identity.machine_arn, "Name": identity.machine_name}
            self._context = {"Execution": execution, "StateMachine": machine}
        return self._context

    # ----------------------------------------------------------------------------------------------------- failures

    def broken(self, frame: Frame, problem: ExpressionFailed) -> Failed:
        """An expression of the state failed: the state fails, in the service's words."""
        self.note_entered(frame)
        if problem.items is not None:  # an inline Map has started by then (recorded, September 2026)
            self.write(Mark.FORKED, frame.state, problem.items)
        cause = problem.cause
        if problem.names_place:
            place = f"'{frame.state.name}' (entered at the event id #{frame.entered_id})"
            cause = f"An error occurred while executing the state {place}. {cause}"
        if problem.error == QUERY_ERROR or problem.location is not None:
            self.write(Mark.EVALUATION_FAILED, frame.state, (problem.error, cause, problem.location))
        return Failed(problem.error, cause)

    def _too_large(self, frame: Frame, label: str) -> Failed:
        self.note_entered(frame)
        return Failed(DATA_LIMIT, too_large(label))

    def _recover(self, frame: Frame, failed: Failed) -> Move | None:
        """Retry, then Catch, then the problem of the walk around this one."""
        self.note_entered(frame)
        retry = next_retry(frame, failed)
        if retry is not None:
            at, delay = retry
            frame.join = None
            frame.result_bound = 0
            self.write(Mark.RETRIED, frame.state, at)
            return Sleep(ENTER, seconds=delay) if delay > 0 else ENTER
        is_of_map = failed.is_of_map_run or (failed.error == QUERY_ERROR and frame.state.type == "Map")
        join, frame.join = frame.join, None
        if join is not None or is_of_map:
            self.write(Mark.JOINED, frame.state, "Failed")
        caught = catcher_for(frame, failed)
        if caught is not None:
            return self._catch(frame, failed, *caught)
        frame.join = join  # a redrive goes on with the walks that it lost
        self._fail(frame, failed)
        return None

    def _catch(self, frame: Frame, failed: Failed, at: int, catcher: Catcher) -> Move | None:
        """Leave the state by a catcher's way out, with the error output put where it says.

        A failure that has no name or cause is caught as null; a timeout has a name and an empty cause (recorded).
        """
        cause = "" if failed.error == TIMEOUT and failed.cause is None else failed.cause
        error_output = {"Error": failed.error, "Cause": cause}
        route = catcher.route
        try:
            output = catcher.output(frame, error_output)
            frame.data = error_output
            assigned = assign(self, frame, route.assign) if route.assign is not None else None
        except ExpressionFailed as problem:
            self._fail(frame, self.broken(frame, problem))
            return None
        bound = size_of(output)
        if bound > MAX_BYTES:
            self._fail(frame, self._too_large(frame, frame.state.name))
            return None
        self.write(Mark.CAUGHT, frame.state, at)
        self._write_exit(frame, output, assigned)
        assert route.next is not None
        frame.go_to(route.next, output, bound)
        return ENTER

    def _fail(self, frame: Frame, failed: Failed) -> None:
        """Nobody handled the failure: the walk has failed."""
        frame.is_open = False
        if frame.parent is not None:
            forks.walk_failed(self, frame, failed)
            return
        self.error, self.cause = failed.error, failed.cause
        self.end("FAILED", Mark.FAILED, failed.error, failed.cause)

    # ------------------------------------------------------------------------------------------------ limits and end

    def _set_deadline(self) -> None:
        self.is_deadline_set = True
        self.commands.append(StartTimer(self.deadline_op, self.deadline()))

    def deadline(self) -> float:
        """Return when the execution's time is up, in seconds since 1970."""
        lifetime = LIFETIME[self.program.kind]
        timeout = self.program.timeout
        if timeout is None:
            return self.started_at + lifetime
        began = self.redriven_at or self.started_at  # the limit of the machine begins anew, the year does not
        return min(began + timeout, self.started_at + lifetime)

    def _stop_full(self) -> None:
        if self.program.kind == "EXPRESS":
            self.end("TIMED_OUT", Mark.TIMED_OUT, TIMEOUT, None)
            return
        self.error, self.cause = RUNTIME, f"The execution reached the maximum number of history events ({MAX_EVENTS})."
        self.end("FAILED", Mark.FAILED, self.error, self.cause)

    def end(self, status: str, mark: Mark, a: Any, b: Any) -> None:
        """The execution is over, and everything under way with it."""
        self.status = status
        if self.root is not None and self.focus != 0:
            self.focus_on(self.root)
        self.event_count += 1
        if self.records is not None:
            self.records += (mark, a, b)
        self.commands += [Cancel(op) for op in self.waiting]
        self.waiting, self.sleeping = {}, {}
        self.ready.clear()

    # ---------------------------------------------------------------------------------------------------- the record

    def write(self, mark: Mark, a: Any, b: Any) -> None:
        """Append to the record. Raises HistoryFull when that would make the last event of all."""
        count = self.event_count + mark.events
        if count >= self._max_events and mark.events:
            if mark is Mark.SCHEDULED and count == self._max_events:
                self.write(Mark.ONLY_SCHEDULED, a, b)  # there is room for the first of its two events
            raise HistoryFull
        self.event_count = count
        records = self.records
        if records is not None:
            records += (mark, a, b)

    def note_entered(self, frame: Frame) -> None:
        """Write down that the frame's state was entered, if that has not been done."""
        if not frame.entered_id:
            self.write(Mark.ENTERED, frame.state, frame.input)
            frame.entered_id, frame.entered_when = self.event_count, self.now

    def note_scheduled(self, frame: Frame, move: Invoke) -> None:
        """Write down that the frame's state was entered, if that has not been done, and that its task is scheduled."""
        count = self.event_count
        if frame.entered_id or count >= self._last_transition:
            self.note_entered(frame)
            self.write(Mark.SCHEDULED, frame.state, move)
            return
        self.event_count, frame.entered_id, frame.entered_when = count + 3, count + 1, self.now
        records = self.records
        if records is not None:
            records += (Mark.ENTERED, frame.state, frame.input, Mark.SCHEDULED, frame.state, move)

    def focus_on(self, frame: Frame) -> None:
        """Write down whose events follow."""
        if self.focus != frame.number:
            self.focus = frame.number
            if self.records is not None:
                self.records += (Mark.FRAME, frame.number, None)


TAKE_IN: Final[dict[type[Event], Callable[[Kernel, Any], None]]] = {
    ActivityStarted: attempts.on_activity_started,
    ExecutionRedriven: redrive.on_redriven,
    ExecutionStarted: Kernel._on_started,
    ExecutionStopped: Kernel._on_stopped,
    MapRunFailed: map_runs.on_map_run_failed,
    MapRunSucceeded: map_runs.on_map_run_succeeded,
    TaskFailed: attempts.on_failed,
    TaskHeartbeat: attempts.on_heartbeat,
    TaskSubmitted: attempts.on_submitted,
    TaskSucceeded: attempts.on_succeeded,
    TimerFired: attempts.on_timer,
}
"""What each event does."""

MAKE: Final[dict[type[Move], Callable[[Kernel, Frame, Any], Move | None]]] = {
    Distribute: map_runs.distribute,
    Redistribute: map_runs.redistribute,
    Done: Kernel._done,
    Enter: Kernel._enter,
    Failed: Kernel._recover,
    Fork: forks.open_fork,
    Invoke: attempts.invoke,
    Sleep: attempts.sleep,
}
"""What each move does. It returns the next one, or None when the walk waits, forks or ends. The whole interpreter is
this table."""
