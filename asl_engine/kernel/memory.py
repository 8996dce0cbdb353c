"""All that an execution remembers between two events, and nothing that it does: plain data for `snapshot.py` to write.

A *frame* is one walk through one `States` block: the execution is one, each branch is one, each Map iteration is one. A
*join* is a fork in progress, which a frame stands before until its walks have ended. The *memory* has the tree of
frames, and beside it what they wait for: `waiting`, the commands that went out and were not answered; `sleeping`, what
a timer that fires lets a frame do. `ready` is who can go on, and empty between two events unless the execution has
given way; `commands` are filled within one event.

Moves are made by `kernel.py`, `attempts.py`, `forks.py`, `map_runs.py` and `redrive.py`, each of which takes a memory.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Container, Iterator
from random import Random
from typing import Final, TypeAlias

from asl_engine.history import Records
from asl_engine.kernel.commands import DEADLINE, Cancel, Command, Continue, StartMapRun, StartTask, StartTimer
from asl_engine.kernel.identity import Identity
from asl_engine.kernel.record import Record
from asl_engine.lang.budget import Budget
from asl_engine.program.program import Block, Fork, Move, Program, State
from asl_engine.quotas import LIFETIME
from asl_engine.values import JSON, anew, format_timestamp

NO_VARIABLES: dict[str, JSON] = {}

NOBODY: Final = Identity("")
"""Who an execution is before its first event."""

Step: TypeAlias = "tuple[Frame, Move]"
"""A move, and who is to make it: what follows from an event."""


class Join:
    """A fork in progress: which walks are open, what the finished ones gave, which is the next to start.

    `op` is the position of the fork, from which its walks have theirs. `unsuccessful` are the walks that failed, or
    were aborted because another one did: a redrive opens them again.
    """

    __slots__ = (
        "failures", "fork", "input_max_size", "next", "op", "open", "result_max_size", "results", "unsuccessful",
    )  # fmt: skip

    def __init__(self, fork: Fork, op: str) -> None:
        self.fork = fork
        self.op = op
        self.next = 0
        self.open: dict[int, Frame] = {}
        self.unsuccessful: dict[int, Frame] = {}
        self.results: dict[int, JSON] = {}
        self.failures = 0
        self.result_max_size = 2  # the brackets of the array
        self.input_max_size = 0


class Frame:
    """One walk through one block; it is the scope of the expressions of the state that it stands in.

    `path` is the position of the walk and stable: `Process#1.0[3]` is the fourth walk of the first attempt at state
    `Process`, which was the first state of the walk around it. `visit` counts the states entered; `attempt` the retries
    of this one; `retries` those by each retrier. `entered_id` is the id of the event that entered the state, and 0 as
    long as there is none; `entered_stamp` its time. `budget` is what the expressions of this visit have used, None for
    nothing to speak of. `chance` is the source of chance, and of which op. `ops` are what it waits for. `is_submitted`
    says that somebody has the task in hand, and answers by its token.

    The sizes are upper bounds, in bytes of JSON text: `max_size` of the input, `item_max_size` of the item of a Map,
    `result_max_size` of the result in hand, 0 where it is not larger than the input.
    """

    __slots__ = (
        "attempt", "block", "budget", "chance", "data", "entered_id", "entered_stamp", "has_begun", "index", "input",
        "is_iteration", "is_open", "is_submitted", "item", "item_max_size", "join", "max_size", "memory", "number",
        "ops", "parent", "result_max_size", "retries", "state", "variables", "visit",
    )  # fmt: skip

    def __init__(
        self,
        memory: Memory,
        number: int,
        block: Block,
        input: JSON,
        max_size: int,
        parent: Frame | None = None,
        index: int = 0,
    ) -> None:
        self.memory = memory
        self.number = number
        self.block = block
        self.state: State = block.start
        self.input = self.data = input
        self.max_size = max_size
        self.parent = parent
        self.index = index
        self.item: dict[str, JSON] | None = parent.item if parent is not None else None
        self.item_max_size: int = parent.item_max_size if parent is not None else 0
        self.variables: dict[str, JSON] = parent.variables if parent is not None else NO_VARIABLES
        self.visit = 1
        self.attempt = 0
        self.retries: list[int] | None = None
        self.entered_id = 0
        self.entered_stamp = 0.0
        self.result_max_size = 0
        self.ops: tuple[str, ...] = ()
        self.is_submitted = False
        self.join: Join | None = None
        self.is_open = True
        self.is_iteration = parent is not None and parent.state.is_map
        self.has_begun = parent is None
        self.chance: tuple[str, Random] | None = None
        self.budget: Budget | None = None

    @property
    def path(self) -> str:
        """Where the walk is in the whole."""
        parent = self.parent
        return self.memory.parent_op if parent is None or parent.join is None else f"{parent.join.op}[{self.index}]"

    @property
    def op(self) -> str:
        """The id of this attempt at this state, made of its position alone."""
        state, parent = self.state, self.parent
        is_first = self.visit == 1 and not self.attempt
        here = state.first_op if is_first else f"/{state.name}#{self.visit}.{self.attempt}"
        return (
            self.memory.parent_op + here
            if parent is None or parent.join is None
            else f"{parent.join.op}[{self.index}]{here}"
        )

    @property
    def entered_at(self) -> float:
        """When the state was entered, in seconds since 1970."""
        return self.entered_stamp if self.entered_id else self.memory.now

    def go_to(self, state: State, value: JSON, max_size: int) -> None:
        """Stand before the next state with its raw input."""
        self.state = state
        self.input = value
        self.max_size = max_size
        self.visit += 1

    def context(self) -> dict[str, JSON]:
        """Return the context object (`$$`), in the order in which the service shows it."""
        state, memory = self.state, self.memory
        about: dict[str, JSON] = {"Name": state.name, "EnteredTime": memory.stamp(self.entered_at)}
        if state.counts_retries:
            about["RetryCount"] = self.attempt
        context = {**memory.context, "State": about}
        if self.item is not None:
            context["Map"] = {"Item": self.item}
        if state.resource is not None and state.resource.has_token:
            context["Task"] = {"Token": memory.token(self.op)}
        return context

    def time(self) -> float:
        """Return the time of the execution, in seconds since 1970."""
        return self.memory.now

    def random(self) -> Random:
        """Return the source of chance of this attempt: seeded by the execution's seed and the position alone."""
        op = self.op
        if self.chance is None or self.chance[0] != op:
            self.chance = op, Random(f"{self.memory.seed}:{op}")
        return self.chance[1]

    def charge(self, amount: int) -> None:
        """Count work that the expressions of the state are about to do."""
        if self.budget is None:
            self.budget = Budget()
        self.budget.charge(amount)


class Memory:
    """What one execution of a program remembers.

    `status` is PENDING, RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; `output`, `error` and `cause` as
    DescribeExecution has them. `parent_op` is the op of the Map Run and the number of the child, if this is a child
    execution: its own ops begin with it, so they are unique among all that one driver runs. `activities` are those that
    exist, by ARN, where somebody knows. `map_runs` are the last of each frame, by its number, for a redrive.

    `is_spent` is the driver's: whether the budget of work is used up, so that the execution is to give way. Once it
    has, `has_given_way` until it may go on. `refusal` is the service's: with what the execution is to fail next.

    `envelope_size` is how many bytes expressions can see beside the data of their state: what is the same for the whole
    execution, and variables. `input_max_size` is the part of it that does not grow.
    """

    __slots__ = (
        "_context", "_stamp", "_stamped_at", "activities", "cause", "commands", "deadline_op", "envelope_size", "error",
        "frame_count", "has_given_way", "identity", "input", "input_max_size", "is_deadline_set", "is_spent",
        "map_runs", "now", "output", "parent_op", "program", "ready", "record", "redrive_count", "redriven_at",
        "refusal", "root", "seed", "sleeping", "started_at", "status", "waiting",
    )  # fmt: skip

    def __init__(self, program: Program, keeps_history: bool = True, parent_op: str = "") -> None:
        self.program = program
        self.parent_op = parent_op
        self.deadline_op = parent_op + DEADLINE if parent_op else DEADLINE
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
        self.identity = NOBODY
        self.record = Record(program.type, keeps_history)
        self.frame_count = 0
        self.is_deadline_set = False
        self.is_spent: Callable[[], bool] | None = None
        self.has_given_way = False
        self.activities: Container[str] | None = None
        self.refusal: str | None = None
        self.waiting: dict[str, tuple[Frame, Command]] = {}
        self.sleeping: dict[str, Move] = {}
        self.map_runs: dict[int, StartMapRun] = {}
        self.ready: deque[tuple[Frame, Move | None]] = deque()
        self.root: Frame | None = None
        self.commands: list[Command] = []
        self.envelope_size = 0
        self.input_max_size = 0
        self._context: dict[str, JSON] | None = None
        self._stamped_at = -1.0
        self._stamp = ""

    # ---------------------------------------------------------------------------------------------------- questions

    @property
    def records(self) -> Records | None:
        """The record so far; None where none is kept."""
        return self.record.entries

    @property
    def event_count(self) -> int:
        """How many events history has."""
        return self.record.event_count

    @property
    def context(self) -> dict[str, JSON]:
        """The parts of the context object that stay the same for the whole execution."""
        if self._context is None:
            identity = self.identity
            execution = {
                "Id": identity.execution_arn,
                "Input": anew(self.input) if self.record.texts else self.input,
                "StartTime": format_timestamp(self.started_at),
                "Name": identity.execution_name,
                "RoleArn": identity.role_arn,
            }
            if not identity.is_synchronous:  # recorded: what StartSyncExecution started does not count
                execution["RedriveCount"] = self.redrive_count
            if self.redrive_count and self.redriven_at is not None:
                execution["RedriveTime"] = format_timestamp(self.redriven_at)
            machine = {"Id": identity.machine_arn, "Name": identity.machine_name}
            self._context = {"Execution": execution, "StateMachine": machine}
        return self._context

    def forget_context(self) -> None:
        """The context object has changed: make it anew when it is asked for."""
        self._context = None

    def stamp(self, at: float) -> str:
        """Return a moment as text; most ask for the same one."""
        if at != self._stamped_at:
            self._stamped_at, self._stamp = at, format_timestamp(at)
        return self._stamp

    def token(self, op: str) -> str:
        """Return the task token of an attempt: not to be guessed without the seed, the same after a restore."""
        text = f"{self.seed}:{self.identity.execution_arn}:{op}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def deadline(self) -> float:
        """Return when the execution's time is up, in seconds since 1970."""
        lifetime = LIFETIME[self.program.type]
        timeout = self.program.timeout
        if timeout is None:
            return self.started_at + lifetime
        began = self.redriven_at or self.started_at  # the limit of the machine begins anew, the year does not
        return min(began + timeout, self.started_at + lifetime)

    def outstanding(self) -> list[Command]:
        """Return the commands whose answers are waited for and not under way elsewhere: what a driver issues again
        after a restore. Who has a token in hand answers by it, and is not asked a second time."""
        commands = [command for frame, command in self.waiting.values() if not _is_in_hand(frame, command)]
        has_timer = not self.parent_op or self.program.type == "EXPRESS"  # a child's year is over after its parent's
        if self.is_deadline_set and has_timer and self.status == "RUNNING":
            commands.append(StartTimer(self.deadline_op, self.deadline()))
        if self.has_given_way:
            commands.append(Continue(self.deadline_op))
        return commands

    def in_hand(self) -> Iterator[str]:
        """Yield the attempts that somebody has in hand, and answers by their tokens."""
        return (command.op for frame, command in self.waiting.values() if _is_in_hand(frame, command))

    def frames(self) -> Iterator[Frame]:
        """Yield every frame that walks, or that a redrive would let walk again, each after the one around it."""
        pending = [self.root] if self.root is not None and self.status != "SUCCEEDED" else []
        while pending:
            frame = pending.pop()
            yield frame
            if frame.join is not None:  # the order of the walks is a part of what is remembered
                walks = [*frame.join.open.values(), *frame.join.unsuccessful.values()]
                pending.extend(reversed(walks))

    # ------------------------------------------------------------------------------------------------------ waiting

    def wait(self, frame: Frame, command: StartTask | StartTimer | StartMapRun) -> None:
        """Have a command carried out, and the frame wait for its answer."""
        op = command.op
        self.waiting[op] = (frame, command)
        frame.ops += (op,)
        self.commands.append(command)

    def sleep(self, frame: Frame, op: str, until: float, move: Move) -> None:
        """Set a timer, at whose end the frame makes `move`."""
        self.sleeping[op] = move
        self.wait(frame, StartTimer(op, until))

    def release(self, frame: Frame) -> None:
        """The frame waits no longer: forget its ops, and cancel those that have not answered."""
        for op in frame.ops:
            self.sleeping.pop(op, None)
            if self.waiting.pop(op, None) is not None:
                self.commands.append(Cancel(op))
        frame.ops = ()

    def attempt_of(self, op: str) -> tuple[Frame, StartTask] | None:
        """Return the attempt at a task that `op` names, and who waits for it; None for all other ops."""
        entry = self.waiting.get(op)
        return (entry[0], entry[1]) if entry is not None and isinstance(entry[1], StartTask) else None

    def settle(self, op: str, kind: type[StartTask] | type[StartMapRun]) -> Frame | None:
        """Take in that a command of this kind has its answer, and return the frame that waited for it. None for an op
        that is unknown, over, or another command's."""
        entry = self.waiting.get(op)
        if entry is None or type(entry[1]) is not kind:
            return None
        frame = entry[0]
        del self.waiting[op]  # before the release: what has answered is not cancelled
        self.release(frame)
        self.record.focus_on(frame.number)
        return frame

    # --------------------------------------------------------------------------------------- entering, and the end

    def note_entered(self, frame: Frame) -> None:
        """Write down that the frame's state was entered, if that has not been done."""
        if not frame.entered_id:
            self.record.entered(frame.state, frame.input)
            frame.entered_id, frame.entered_stamp = self.record.event_count, self.now

    def succeed(self, output: JSON) -> None:
        """The execution ended well."""
        self.output = output
        self._end("SUCCEEDED")
        self.record.succeeded(output)

    def fail(self, error: str | None, cause: str | None) -> None:
        """The execution failed."""
        self.error, self.cause = error, cause
        self._end("FAILED")
        self.record.failed(error, cause)

    def time_out(self, error: str) -> None:
        """The execution's time was up, which history says and DescribeExecution does not."""
        self._end("TIMED_OUT")
        self.record.timed_out(error)

    def abort(self, error: str | None, cause: str | None) -> None:
        """Somebody stopped the execution."""
        self.error, self.cause = error, cause
        self._end("ABORTED")
        self.record.aborted(error, cause)

    def _end(self, status: str) -> None:
        """The execution is over, and everything under way with it; its frames stay as they are, for a redrive."""
        self.status = status
        if self.waiting:
            self.commands += [Cancel(op) for op in self.waiting]
            self.waiting, self.sleeping = {}, {}
        self.ready.clear()
        self.has_given_way = False


def _is_in_hand(frame: Frame, command: Command) -> bool:
    return type(command) is StartTask and frame.is_submitted and command.resource.takes_answers
