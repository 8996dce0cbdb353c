"""The driver with a virtual clock: time jumps to the next event whenever nothing else can happen.

Functions are called one after the other, in the order in which the kernel asks, and take no virtual time. So a
thirty-day approval runs in a millisecond, in the right order, and the same seed gives the same execution to the last
digit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from time import thread_time
from typing import TYPE_CHECKING, Any, assert_never

from asl_engine.drivers.agenda import Agenda
from asl_engine.drivers.blocking import TooSlow, awaited, call_here, call_within
from asl_engine.drivers.hooks import NO_HOOKS, Hooks
from asl_engine.drivers.outcome import Pending, ended, outcome_of
from asl_engine.errors import Deadlock
from asl_engine.kernel import (
    Cancel,
    Command,
    Continue,
    Continued,
    Event,
    Kernel,
    StartMapRun,
    StartTask,
    StartTimer,
    TaskFailed,
    TaskSubmitted,
    TimerFired,
)
from asl_engine.mapruns import family_of
from asl_engine.mapruns.family_messages import Work, WorkDone
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import RUNNING, AnsweredElsewhere, Job, Performer

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyCommand, FamilyEvent, Watcher
    from asl_engine.mapruns.s3_objects import Objects


class VirtualDriver:
    """Runs one execution until it ends, or raises Deadlock when it waits for an answer that can no longer come.

    `hooks` are called on the way. On its `agenda` others may note what happens from outside, and when.
    """

    def __init__(
        self,
        kernel: Kernel,
        performer: Performer,
        hooks: Hooks = NO_HOOKS,
        objects: Objects | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self.kernel = kernel
        self.family = family_of(kernel, objects, watcher)
        self.performer = performer
        self.hooks = hooks
        self.intercept = hooks.intercept
        self.agenda = Agenda()
        self.commands: deque[FamilyCommand] = deque()

    def run(self, event: FamilyEvent) -> None:
        """Feed the first event, then whatever follows from it."""
        commands, (_, on_event, on_commit, _) = self.commands, self.hooks
        next_event: Any = event  # that of a family only where there is one
        is_spent = self._budget()
        while True:
            if on_event is not None:
                on_event(next_event)
            if is_spent is not None:
                self.kernel.is_spent = is_spent
            family = self.family  # asked each time, as the kernel is: `on_commit` may have put another one there
            commands += self.kernel.handle(next_event) if family is None else family.handle(next_event)
            if on_commit is not None:
                on_commit(next_event)
            if self.kernel.status != "RUNNING":
                return
            next_event = self._next_event() if is_spent is None or not is_spent() else self._time_up()

    def resume(self) -> None:
        """Continue a restored execution: what it waits for is issued again."""
        self.commands += self.kernel.outstanding() if self.family is None else self.family.outstanding()
        if self.kernel.status == "RUNNING":
            self.run(self._next_event())

    def waiting(self) -> Sequence[tuple[str, Command]]:
        """Return what answers are waited for: each op with its command, those of child executions too."""
        kernels = [self.kernel] if self.family is None else self.family.kernels()
        return [(op, command) for kernel in kernels for op, (_, command) in kernel.waiting.items()]

    def _next_event(self) -> FamilyEvent:
        """Carry out commands until one of them makes an event; without commands, return the next event that is due."""
        commands = self.commands
        while commands:
            command = commands.popleft()
            event = self._perform(command) if type(command) is StartTask else self._carry_out(command)
            if event is not None:
                return event
        return self._jump()

    def _carry_out(self, command: FamilyCommand) -> FamilyEvent | None:
        match command:
            case StartTimer():
                self.agenda.note(command.at, command.op, TimerFired(command.at, command.op))
            case Cancel():
                self.agenda.cancel(command.op)
            case Work():
                return WorkDone(self._clock(), command.op, command.work() if command.work is not None else None)
            case Continue():
                return Continued(self._clock(), command.op)
            case StartTask() | StartMapRun():
                raise AssertionError("tasks are performed, and a family runs its Map Runs itself")
            case _:
                assert_never(command)
        return None

    def _jump(self) -> Event:
        """Return the next event that is due; the kernel sees its time, and so time has moved."""
        if self.agenda.next_at() is None or (self.agenda.is_idle and self.kernel.program.timeout is None):
            waiting = self.kernel.waiting if self.family is None else self.family.waiting()
            waits = ", ".join(repr(op) for op in waiting)
            raise Deadlock(
                f"the execution waits for an answer to {waits}, and nobody can give it. "
                "Have the function that gets the task token return an Answer, or give the state a TimeoutSeconds."
            )
        return self.agenda.pop()

    def _budget(self) -> Callable[[], bool] | None:
        """Return what tells whether an execution has calculated for as long as it may last; None without a limit.

        Calculation takes no virtual time, but it must end where in real time it would. Processor time is counted, and
        functions, which have threads of their own where there is a limit, are not.
        """
        timeout = self.kernel.program.timeout
        if timeout is None:
            return None
        end = thread_time() + timeout
        return lambda: thread_time() > end

    def _time_up(self) -> TimerFired:
        """Return the end of an execution that has calculated for too long."""
        self.commands.clear()
        return TimerFired(self.kernel.deadline(), self.kernel.deadline_op)

    def _clock(self) -> float:
        return self.kernel.now if self.family is None else self.family.now

    def _perform(self, task: StartTask) -> Event | None:
        """Have a task done, and return what came of it; None when that comes later or never."""
        op = task.op
        kernel = self.kernel if self.family is None else self.family.kernel_of(op)
        if op not in kernel.waiting:
            return None  # cancelled before it began
        if self.intercept is not None and (answers := self.intercept(task)) is not None:
            for event in answers:
                self.agenda.note(event.at, op, event)
            return None
        now = kernel.now
        prepared = self.performer.prepare(task, kernel.identity, self._clock, now)
        if type(prepared) is Call:
            try:
                own = prepared.function.timeout
                if own is None and task.timeout is None and kernel.program.timeout is None:
                    returned = call_here(prepared)
                else:  # in a thread, so that it can be left behind
                    returned = call_within(self._limit(task, own), prepared)
            except TooSlow:
                self._leave_behind(prepared, task)
                return None
        elif isinstance(prepared, Failure):
            return ended(now, op, prepared)
        elif isinstance(prepared, AnsweredElsewhere):
            return None
        elif isinstance(prepared, Job):
            return self._job(prepared, op, now)
        elif callable(prepared):
            returned = awaited(prepared())
        else:
            assert_never(prepared)
        outcome = outcome_of(task, prepared, returned, now)
        if type(outcome) is Pending:
            self.agenda.note_answer(now, op, outcome.answer)
            return outcome.submitted
        return outcome

    def _job(self, job: Job, op: str, now: float) -> Event:
        """Hand a job over, and note its end as what comes next; looking at it takes virtual time."""
        handed = awaited(job.submit())
        if isinstance(handed, Failure):
            return ended(now, op, handed)
        at = now
        while (outcome := awaited(job.ended(handed))) is RUNNING:
            at += job.every
        self.agenda.note(at, op, ended(at, op, outcome))
        return TaskSubmitted(now, op, handed)

    def _limit(self, task: StartTask, own: float | None) -> float:
        """Return for how many seconds a call may last: what the function's `own` limit, the task and the machine allow,
        one of which has a limit."""
        left = None if self.kernel.program.timeout is None else max(0.0, self.kernel.deadline() - self._clock())
        return min(seconds for seconds in (own, task.timeout, left) if seconds is not None)

    def _leave_behind(self, call: Call, task: StartTask) -> None:
        """Note when a call that did not return counts as ended: at the function's own limit, or at the task's."""
        own = call.function.timeout
        if own is not None and (task.timeout is None or own <= task.timeout):
            at, failure = self._clock() + own, call.timed_out()
            self.agenda.note(at, task.op, TaskFailed(at, task.op, failure.error, failure.cause))
