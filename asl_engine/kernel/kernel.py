"""The interpreter: events in, commands out. See the package's essay for the theory of operation."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any, Final, assert_never

from asl_engine.history import Attempt, Mark, Records
from asl_engine.kernel import forks
from asl_engine.kernel.commands import Cancel, Command, StartTask, StartTimer
from asl_engine.kernel.events import (
    Event,
    ExecutionStarted,
    ExecutionStopped,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.failures import DATA_LIMIT, HEARTBEAT_TIMEOUT, RUNTIME, TIMEOUT, catcher_for, retry_delay
from asl_engine.kernel.frames import Frame
from asl_engine.kernel.identity import Identity
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.moves import Done, Enter, Failed, Fork, Invoke, Move, Sleep
from asl_engine.program.program import Growth, Program, State
from asl_engine.values import JSON, MAX_BYTES, format_timestamp, size_of

MAX_EVENTS: Final = 25_000
"""The longest history of a Standard execution (AWS quota); event 25,000 is the execution's end."""

MAX_EXPRESS_TRANSITIONS: Final = 1_000_000
"""How many states an Express execution may enter while no time passes, before it counts as having used up its five
minutes."""

MAX_WAIT: Final = 2.0**31
"""The longest wait in seconds: 24,855 days are taken and 24,856 are not (recorded)."""

LIFETIME: Final = {"STANDARD": 365 * 86_400.0, "EXPRESS": 300.0}
"""How long an execution may last, in seconds (AWS quota)."""

DEADLINE: Final = "deadline"
ENTER: Final = Enter()


class HistoryFull(Exception):
    """The next event would be number 25,000."""


class Kernel:
    """One execution of a program. It has no clock, no I/O, no threads and no chance of its own.

    `status` is RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; `output`, `error` and `cause` as DescribeExecution has
    them.
    """

    def __init__(self, program: Program, keeps_history: bool = True) -> None:
        self.program = program
        self.status = "PENDING"
        self.input: JSON = None
        self.output: JSON = None
        self.error: str | None = None
        self.cause: str | None = None
        self.seed = 0
        self.started_at = 0.0
        self.now = 0.0
        self.identity = Identity("")
        self._context: dict[str, JSON] | None = None
        self.records: Records | None = [] if keeps_history else None
        self.event_count = 0
        self.frame_count = 0
        self.focus = 0
        self.is_deadline_set = False
        self.waiting: dict[str, tuple[Frame, Command]] = {}
        self.sleeping: dict[str, Move] = {}
        self.ready: deque[tuple[Frame, Move | None]] = deque()
        self.root: Frame | None = None
        self._commands: list[Command] = []
        self._max_events = MAX_EVENTS if program.kind == "STANDARD" else 2 * MAX_EXPRESS_TRANSITIONS
        self.around = 0
        self._stamped_at = -1.0
        self._stamp = ""

    # ------------------------------------------------------------------------------------------------ the contract

    def handle(self, event: Event) -> list[Command]:
        """Take in what happened, and return what is to be done.

        An event for an op that is unknown or over gives no commands. Nothing that the document, the input or a task
        did raises: it becomes part of the history.
        """
        if self.status not in ("RUNNING", "PENDING"):
            return []
        commands: list[Command] = []
        self._commands = commands
        if event.at != self.now:
            self.now = event.at
            self.write(Mark.AT, event.at, None)
        try:
            self._dispatch(event)
            while self.ready:
                frame, move = self.ready.popleft()
                if frame.is_open:
                    self._walk(frame, move)
        except HistoryFull:
            self._stop_full()
        if self.waiting and not self.is_deadline_set:
            self._set_deadline()
        return commands

    def outstanding(self) -> list[Command]:
        """Return the commands whose answers the execution waits for: what a driver issues again after a restore."""
        commands = [command for _, command in self.waiting.values()]
        if self.is_deadline_set:
            commands.append(StartTimer(DEADLINE, self._deadline()))
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

    def _dispatch(self, event: Event) -> None:
        match event:
            case TaskSucceeded():
                self._on_task_succeeded(event)
            case TimerFired():
                self._on_timer(event.op)
            case ExecutionStarted():
                self._on_started(event)
            case TaskFailed():
                self._on_task_failed(event.op, Failed(event.error, event.cause))
            case TaskSubmitted():
                self._on_task_submitted(event)
            case TaskHeartbeat():
                self._on_heartbeat(event.op)
            case ExecutionStopped():
                self.error, self.cause = event.error, event.cause
                self._end("ABORTED", Mark.ABORTED, event.error, event.cause)
            case _:
                assert_never(event)

    # --------------------------------------------------------------------------------------- one walk, move by move

    def _walk(self, frame: Frame, move: Move | None) -> None:
        """Make a frame's moves until it waits, forks or ends. The whole interpreter is this table."""
        if not frame.has_begun:
            forks.begin_walk(self, frame)
            frame.has_begun, move = True, ENTER
        if self.focus != frame.number:
            self.focus_on(frame)
        while move is not None:
            match move:
                case Done():
                    move = self._leave(frame, move)
                case Enter():
                    move = self._enter(frame)
                case Failed():
                    move = self._recover(frame, move)
                case Invoke():
                    move = self._invoke(frame, move)
                case Fork():
                    self._note_entered(frame)
                    move = forks.open_fork(self, frame, move)
                case Sleep():
                    move = self._sleep(frame, move)
                case _:
                    assert_never(move)

    def _enter(self, frame: Frame) -> Move:
        frame.data = frame.input
        try:
            return frame.state.run(frame)
        except ExpressionFailed as problem:
            return self._broken(frame, problem)

    def _leave(self, frame: Frame, done: Done) -> Move | None:
        """Do the second half of the data flow, write down the transition, and stand before the next state."""
        state, result, route = frame.state, done.result, done.route
        assigned = None
        try:
            if route.assign is not None:
                frame.data = result
                assigned = route.assign(frame)
            output = result if state.leave is None else state.leave(frame, result)
        except ExpressionFailed as problem:
            return self._broken(frame, problem)
        bound = frame.bound if frame.result_bound == 0 else frame.bound + frame.result_bound
        if state.growth is not None or bound > MAX_BYTES:
            bound = self._measured(frame, state.growth, bound, output)
            if bound > MAX_BYTES:
                return self._too_large(frame, state.name)
        if frame.entered_id or assigned is not None or self.event_count > self._max_events - 3:
            self._write_exit(frame, output, assigned)
        else:
            self.event_count += 2
            if self.records is not None:
                self.records += (state, frame.input, output)
        following = route.next
        if following is None:
            self._finish(frame, output, bound)
            return None
        frame.go_to(following, output, bound)
        return ENTER

    def _write_exit(self, frame: Frame, output: JSON, assigned: dict[str, JSON] | None) -> None:
        """Write down leaving a state that was entered some time ago, or that assigns variables."""
        self._note_entered(frame)
        if assigned is not None:
            frame.variables = {**frame.variables, **assigned}
            self.around += size_of(assigned)
            self.write(Mark.ASSIGNED, assigned, None)
        self.write(Mark.EXITED, frame.state, output)

    def _finish(self, frame: Frame, output: JSON, bound: int) -> None:
        """The walk is over: the execution has succeeded, or the walk around this one has a result more."""
        frame.is_open = False
        if frame.parent is not None:
            forks.walk_succeeded(self, frame, output, bound)
            return
        self.output = output
        self._end("SUCCEEDED", Mark.SUCCEEDED, output, None)

    # ------------------------------------------------------------------------------------------ waiting and invoking

    def _sleep(self, frame: Frame, sleep: Sleep) -> Move | None:
        self._note_entered(frame)
        until = self.now + sleep.seconds if sleep.seconds is not None else sleep.until
        assert until is not None
        if until - self.now >= MAX_WAIT:
            return self._broken(frame, ExpressionFailed("Wait state delay is too long."))
        if until <= self.now:
            return sleep.then
        op = frame.op
        self.sleeping[op] = sleep.then
        self._await(frame, StartTimer(op, until))
        return None

    def _invoke(self, frame: Frame, invoke: Invoke) -> Move | None:
        """Schedule an attempt at a task, with timers for its limits."""
        self._note_entered(frame)
        state, op, resource = frame.state, frame.op, frame.state.resource
        assert resource is not None
        if state.enter_growth is not None and self._is_payload_too_large(frame, invoke.payload):
            return Failed(DATA_LIMIT, too_large(state.name))
        attempt = Attempt(invoke.payload, invoke.timeout, invoke.heartbeat, self.identity.region, invoke.credentials)
        self._write_scheduled(state, attempt, starts=resource.family != "Activity")
        self._await(frame, StartTask(op, resource, invoke.payload, state.name, invoke.timeout))
        if invoke.timeout is not None:
            self._await(frame, StartTimer(op + "/timeout", self.now + invoke.timeout))
        if invoke.heartbeat is not None and (resource.pattern == "waitForTaskToken" or resource.family == "Activity"):
            self._await(frame, StartTimer(op + "/heartbeat", self.now + invoke.heartbeat))
        return None

    def _write_scheduled(self, state: State, attempt: Attempt, starts: bool) -> None:
        if not starts or self.event_count == self._max_events - 2:
            self.write(Mark.ONLY_SCHEDULED, state, attempt)
            if starts:
                raise HistoryFull
        else:
            self.write(Mark.SCHEDULED, state, attempt)

    def _is_payload_too_large(self, frame: Frame, payload: JSON) -> bool:
        growth = frame.state.enter_growth
        assert growth is not None
        if growth.factor * (frame.bound + self.around) + growth.constant <= MAX_BYTES:
            return False
        return size_of(payload) > MAX_BYTES

    def _await(self, frame: Frame, command: StartTask | StartTimer) -> None:
        self.waiting[command.op] = (frame, command)
        frame.ops += (command.op,)
        self._commands.append(command)

    def release(self, frame: Frame) -> None:
        """The frame waits no longer: forget its ops, and cancel those that have not answered."""
        for op in frame.ops:
            self.sleeping.pop(op, None)
            if self.waiting.pop(op, None) is not None:
                self._commands.append(Cancel(op))
        frame.ops = ()

    # ------------------------------------------------------------------------------------------------------- events

    def _on_started(self, event: ExecutionStarted) -> None:
        identity = event.identity
        self.status, self.input, self.seed = "RUNNING", event.input, event.seed
        self.started_at = event.at
        self.identity = identity
        self.write(Mark.STARTED, event.input, identity.role_arn)
        bound = size_of(event.input)
        self.around = bound + 2_048
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
                "RedriveCount": 0,
            }
            machine = {"Id": identity.machine_arn, "Name": identity.machine_name}
            self._context = {"Execution": execution, "StateMachine": machine}
        return self._context

    def _on_task_succeeded(self, event: TaskSucceeded) -> None:
        found = self.waiting.get(event.op)
        if found is None or not isinstance(found[1], StartTask):
            return
        frame, result = found[0], event.result
        size = size_of(result)
        if size > MAX_BYTES:
            self._on_task_failed(event.op, Failed(DATA_LIMIT, too_large(found[1].resource.label)))
            return
        self._settle(event.op, frame)
        self.write(Mark.TASK_SUCCEEDED, frame.state, result)
        frame.result_bound = size
        self.ready.append((frame, Done(result, frame.state.route)))

    def _on_task_failed(self, op: str, failed: Failed) -> None:
        found = self.waiting.get(op)
        if found is None or not isinstance(found[1], StartTask):
            return
        frame = found[0]
        self._settle(op, frame)
        self.write(Mark.TASK_FAILED, frame.state, (failed.error, failed.cause))
        self.ready.append((frame, failed))

    def _settle(self, op: str, frame: Frame) -> None:
        """The attempt has its answer: forget it, cancel its timers, and turn to its frame."""
        del self.waiting[op]
        if len(frame.ops) > 1:
            self.release(frame)
        frame.ops = ()
        self.focus_on(frame)

    def _on_task_submitted(self, event: TaskSubmitted) -> None:
        found = self.waiting.get(event.op)
        if found is not None:
            self.focus_on(found[0])
            self.write(Mark.SUBMITTED, found[0].state, event.output)

    def _on_heartbeat(self, op: str) -> None:
        """Start the time until the next heartbeat anew."""
        found = self.waiting.pop(op + "/heartbeat", None)
        if found is None:
            return
        frame, timer = found
        assert isinstance(timer, StartTimer)
        self._commands.append(Cancel(timer.op))
        frame.ops = tuple(known for known in frame.ops if known != timer.op)
        command = StartTimer(timer.op, self.now + self._heartbeat_of(frame))
        self._await(frame, command)

    def _heartbeat_of(self, frame: Frame) -> float:
        move = self._enter(frame)
        return float(move.heartbeat or 0) if isinstance(move, Invoke) else 0.0

    def _on_timer(self, op: str) -> None:
        if op == DEADLINE:
            self._end("TIMED_OUT", Mark.TIMED_OUT, TIMEOUT, None)
            return
        found = self.waiting.pop(op, None)
        if found is None:
            return
        frame = found[0]
        move = self.sleeping.pop(op, None)
        frame.ops = tuple(known for known in frame.ops if known != op)
        if move is None:
            self._time_out(frame, op)
        else:
            self.ready.append((frame, move))

    def _time_out(self, frame: Frame, op: str) -> None:
        """A limit of the attempt has passed. A missed heartbeat shows as a timeout, and can be caught by its own
        name."""
        self.release(frame)
        self.focus_on(frame)
        self.write(Mark.TASK_TIMED_OUT, frame.state, (TIMEOUT, None))
        matched_as = HEARTBEAT_TIMEOUT if op.endswith("/heartbeat") else None
        self.ready.append((frame, Failed(TIMEOUT, None, matched_as)))

    # ----------------------------------------------------------------------------------------------------- failures

    def _broken(self, frame: Frame, problem: ExpressionFailed) -> Failed:
        """An expression of the state failed: the state fails, in the service's words."""
        self._note_entered(frame)
        if not problem.names_place:
            return Failed(problem.error, problem.cause)
        place = f"'{frame.state.name}' (entered at the event id #{frame.entered_id})"
        return Failed(problem.error, f"An error occurred while executing the state {place}. {problem.cause}")

    def _too_large(self, frame: Frame, label: str) -> Failed:
        self._note_entered(frame)
        return Failed(DATA_LIMIT, too_large(label))

    def _recover(self, frame: Frame, failed: Failed) -> Move | None:
        """Retry, then Catch, then the problem of the walk around this one."""
        self._note_entered(frame)
        delay = retry_delay(frame, failed)
        if delay is not None:
            frame.join = None
            frame.result_bound = 0
            return Sleep(ENTER, seconds=delay) if delay > 0 else ENTER
        if frame.join is not None:
            frame.join = None
            self.write(Mark.JOINED, frame.state, "Failed")
        catcher = catcher_for(frame, failed)
        if catcher is None:
            self._fail(frame, failed)
            return None
        # A failure that has no name or cause is caught as null; a timeout has a name and an empty cause (recorded).
        cause = "" if failed.error == TIMEOUT and failed.cause is None else failed.cause
        error_output = {"Error": failed.error, "Cause": cause}
        try:
            output = catcher.output(frame, error_output)
            frame.data = error_output
            assigned = catcher.route.assign(frame) if catcher.route.assign is not None else None
        except ExpressionFailed as problem:
            self._fail(frame, self._broken(frame, problem))
            return None
        bound = self._measured(frame, Growth(float("inf"), 0), frame.bound, output)
        if bound > MAX_BYTES:
            self._fail(frame, self._too_large(frame, frame.state.name))
            return None
        self._write_exit(frame, output, assigned)
        assert catcher.route.next is not None
        frame.go_to(catcher.route.next, output, bound)
        return ENTER

    def _fail(self, frame: Frame, failed: Failed) -> None:
        """Nobody handled the failure: the walk has failed."""
        frame.is_open = False
        if frame.parent is not None:
            forks.walk_failed(self, frame, failed)
            return
        self.error, self.cause = failed.error, failed.cause
        self._end("FAILED", Mark.FAILED, failed.error, failed.cause)

    # ------------------------------------------------------------------------------------------------ limits and end

    def _measured(self, frame: Frame, growth: Growth | None, bound: int, output: JSON) -> int:
        """Return a bound of the output's size: the estimate when that is small enough, else something better.

        Measured in the cheapest way that can tell: by arithmetic, by the part that is new, and only then whole.
        """
        if growth is not None:
            estimate = growth.factor * (bound + self.around) + growth.constant
            if estimate <= MAX_BYTES:
                return int(estimate)
            if growth.spliced_at:
                fresh = output
                for step in growth.spliced_at:
                    fresh = fresh[step]
                near = frame.bound + size_of(fresh) + 64 * len(growth.spliced_at)
                if near <= MAX_BYTES:
                    return near
        return size_of(output)

    def _set_deadline(self) -> None:
        self.is_deadline_set = True
        self._commands.append(StartTimer(DEADLINE, self._deadline()))

    def _deadline(self) -> float:
        lifetime = LIFETIME[self.program.kind]
        timeout = self.program.timeout
        return self.started_at + (lifetime if timeout is None else min(timeout, lifetime))

    def _stop_full(self) -> None:
        if self.program.kind == "EXPRESS":
            self._end("TIMED_OUT", Mark.TIMED_OUT, TIMEOUT, None)
            return
        self.error, self.cause = RUNTIME, f"The execution reached the maximum number of history events ({MAX_EVENTS})."
        self._end("FAILED", Mark.FAILED, self.error, self.cause)

    def _end(self, status: str, mark: Mark, a: Any, b: Any) -> None:
        """The execution is over, and everything under way with it."""
        self.status = status
        if self.root is not None and self.focus != 0:
            self.focus_on(self.root)
        self.event_count += 1
        if self.records is not None:
            self.records += (mark, a, b)
        self._commands += [Cancel(op) for op in self.waiting]
        self.waiting, self.sleeping = {}, {}
        self.ready.clear()

    # ---------------------------------------------------------------------------------------------------- the record

    def write(self, mark: Mark, a: Any, b: Any) -> None:
        """Append to the record. Raises HistoryFull when that would make the last event of all."""
        count = self.event_count + mark.events
        if count >= self._max_events and mark.events:
            raise HistoryFull
        self.event_count = count
        if self.records is not None:
            self.records += (mark, a, b)

    def _note_entered(self, frame: Frame) -> None:
        """Write down that the frame's state was entered, if that has not been done."""
        if not frame.entered_id:
            self.write(Mark.ENTERED, frame.state, frame.input)
            frame.note_entered(self.event_count)

    def focus_on(self, frame: Frame) -> None:
        """Write down whose events follow."""
        if self.focus != frame.number:
            self.focus = frame.number
            self.write(Mark.FRAME, frame.number, None)


def too_large(label: str) -> str:
    """Return the cause of States.DataLimitExceeded (recorded)."""
    return (
        f"The state/task '{label}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
