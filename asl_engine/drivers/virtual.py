"""The driver with a virtual clock: time jumps to the next event whenever nothing else can happen.

Functions are called one after the other, in the order in which the kernel asks, and take no virtual time. So a
thirty-day approval runs in a millisecond, in the right order, and the same seed gives the same execution to the last
digit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asl_engine.drivers.agenda import Agenda
from asl_engine.drivers.blocking import PLAIN, TooSlow, awaited, call_within
from asl_engine.errors import Deadlock
from asl_engine.kernel import (
    Event,
    Kernel,
    StartTask,
    StartTimer,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.mapruns import family_of
from asl_engine.mapruns.work import Work, WorkDone
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import RUNNING, Job, Outside, Performer
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyCommand, FamilyEvent, Watcher
    from asl_engine.mapruns.objects import Objects


class VirtualDriver:
    """Runs one execution until it ends, or raises Deadlock when it waits for an answer that can no longer come.

    `watch` is called after each event that the kernel has taken in.
    """

    def __init__(
        self,
        kernel: Kernel,
        performer: Performer,
        watch: Callable[[], None] | None = None,
        objects: Objects | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self.kernel = kernel
        self.family = family_of(kernel, objects, watcher)
        self.performer = performer
        self.agenda = Agenda()
        self.commands: deque[FamilyCommand] = deque()
        self.watch = watch

    def run(self, event: Event) -> None:
        """Feed the first event, then whatever follows from it."""
        self._go_on(event)

    def resume(self) -> None:
        """Continue a restored execution: what it waits for is issued again."""
        self.commands += self.kernel.outstanding() if self.family is None else self.family.outstanding()
        if self.kernel.status == "RUNNING":
            self._go_on(self.next_event())

    def _go_on(self, event: FamilyEvent) -> None:
        kernel, commands, watch = self.kernel, self.commands, self.watch
        handle: Callable[[Any], list[Any]] = kernel.handle if self.family is None else self.family.handle
        while True:
            commands += handle(event)
            if watch is not None:
                watch()
            if kernel.status != "RUNNING":
                return
            event = self.next_event()

    def next_event(self) -> FamilyEvent:
        """Carry out commands until one of them makes an event; without commands, return the next event that is due."""
        commands = self.commands
        while commands:
            command = commands.popleft()
            if type(command) is StartTask:
                if (event := self._perform(command)) is not None:
                    return event
            elif type(command) is Work:
                return WorkDone(self._clock(), command.op, command.work() if command.work is not None else None)
            else:
                self._carry_out(command)
        return self._jump()

    def _carry_out(self, command: FamilyCommand) -> None:
        if isinstance(command, StartTimer):
            self.agenda.note(command.at, command.op, TimerFired(command.at, command.op))
        else:
            self.agenda.cancel(command.op)

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

    def _clock(self) -> float:
        return self.kernel.now if self.family is None else self.family.now

    def _perform(self, task: StartTask) -> Event | None:
        """Call the function that a task means, and return what came of it; None when that comes later or never."""
        op = task.op
        kernel = self.kernel if self.family is None else self.family.kernel_of(op)
        now = kernel.now
        if op not in kernel.waiting:
            return None  # cancelled before it began
        prepared = self.performer.prepare(task, kernel.identity, self._clock, now)
        if isinstance(prepared, Outside):
            return None
        if isinstance(prepared, Job):
            return self._job(prepared, op, now)
        if not isinstance(prepared, Call):
            outcome: Any = prepared if isinstance(prepared, Failure) else awaited(prepared())
            if type(outcome) is Answer and not task.resource.waits_for_token:
                self.agenda.note_answer(now, op, outcome)
                return None
        else:
            try:
                outcome = self._call(prepared, task.timeout if kernel.program.timeout is None else self._limit(task))
            except TooSlow:
                self._leave_behind(prepared, task)
                return None
            if type(outcome) is Answer and not task.resource.waits_for_token:
                self.agenda.note_end(now, op, *prepared.ended(outcome))
                return None
            if type(outcome) is not Failure and not task.resource.waits_for_token:
                outcome = prepared.succeeded(outcome)
        if type(outcome) is Failure:
            return TaskFailed(now, op, outcome.error, outcome.cause)
        if task.resource.waits_for_token:
            return self._submitted(op, outcome, now)
        return TaskSucceeded(now, op, outcome)

    def _job(self, job: Job, op: str, now: float) -> Event:
        """Hand a job over, and note its end as what comes next; looking at it takes virtual time."""
        handed = awaited(job.submit())
        if isinstance(handed, Failure):
            return TaskFailed(now, op, handed.error, handed.cause)
        at = now
        while (outcome := awaited(job.ended(handed))) is RUNNING:
            at += job.every
        is_failure = isinstance(outcome, Failure)
        end = TaskFailed(at, op, outcome.error, outcome.cause) if is_failure else TaskSucceeded(at, op, outcome)
        self.agenda.note(at, op, end)
        return TaskSubmitted(now, op, handed)

    def _limit(self, task: StartTask) -> float:
        """Return how many seconds a call is worth in a machine with a limit: what it and the task allow."""
        left = max(0.0, self.kernel.deadline() - self._clock())
        return left if task.timeout is None else min(left, task.timeout)

    def _leave_behind(self, call: Call, task: StartTask) -> None:
        """Note when a call that did not return counts as ended: at the function's own limit, or at the task's."""
        own = call.function.timeout
        if own is not None and (task.timeout is None or own <= task.timeout):
            at, failure = self._clock() + own, call.timed_out()
            self.agenda.note(at, task.op, TaskFailed(at, task.op, failure.error, failure.cause))

    def _submitted(self, op: str, returned: Any, now: float) -> Event:
        output: JSON = None
        if isinstance(returned, Answer):
            self.agenda.note_answer(now, op, returned)
        return TaskSubmitted(now, op, output)

    @staticmethod
    def _call(call: Call, limit: float | None) -> Any:
        """Call the function here and now; with a time limit in a thread of its own, so that it can be left behind."""
        own = call.function.timeout
        try:
            if own is not None or limit is not None:
                return call_within(min(time for time in (own, limit) if time is not None), call)
            returned = call.function.handler(call.event, call.context)
            return returned if type(returned) in PLAIN else awaited(returned)
        except TooSlow:
            raise
        except (Exception, SystemExit) as problem:
            return call.failed(problem)
