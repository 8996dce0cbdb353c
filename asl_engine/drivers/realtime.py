"""The driver on asyncio: real time, real concurrency.

`async def` functions run as they are, plain ones in threads; what the kernel cancels is cancelled (a thread cannot be,
so its answer is ignored). With `skips_time` the clock jumps to the next timer whenever no function is running and
nobody holds a task token: what a server's `--clock skip` means.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, assert_never

from asl_engine.drivers.agenda import Agenda
from asl_engine.drivers.answers import Answers, Reply
from asl_engine.drivers.calls import called, done, end_of, in_thread
from asl_engine.drivers.hooks import NO_HOOKS, Hooks
from asl_engine.drivers.outcome import Pending, ended, outcome_of
from asl_engine.drivers.turns import turns
from asl_engine.kernel import (
    Cancel,
    Continue,
    Continued,
    Event,
    ExecutionBroken,
    Kernel,
    StartMapRun,
    StartTask,
    StartTimer,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.mapruns import family_of
from asl_engine.mapruns.family_messages import Work, WorkDone
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import AnsweredElsewhere, Job, Performer
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyCommand, FamilyEvent, Watcher
    from asl_engine.mapruns.s3_objects import Objects


ANSWERED: Final = "answered"
"""The message with which the work of a job is cancelled whose token was answered: the job itself goes on."""


class RealTimeDriver:
    """Runs one execution on the running event loop.

    `hand_out` is called with each attempt that waits for somebody else, who answers with `post`. `hooks` are called on
    the way; what follows from an event waits until `on_commit` is done, if that is awaitable. With `patience`, in
    seconds, a run ends early when for so long there was nothing to do but wait for a moment or a token; the execution
    is RUNNING still, and `agenda` knows the moment.
    """

    def __init__(
        self,
        kernel: Kernel,
        performer: Performer,
        skips_time: bool = False,
        hand_out: Callable[[RealTimeDriver, StartTask], None] | None = None,
        hooks: Hooks = NO_HOOKS,
        objects: Objects | None = None,
        watcher: Watcher | None = None,
        patience: float | None = None,
    ) -> None:
        self.kernel = kernel
        self.family = family_of(kernel, objects, watcher)
        self.performer = performer
        self.skips_time = skips_time
        self.patience = patience
        self.hand_out = hand_out
        self.hooks = hooks
        self.agenda = Agenda()
        self.inbox: deque[FamilyEvent | Reply] = deque()
        self.running: dict[str, asyncio.Task[None]] = {}
        self.answers = Answers(lambda op: op in self.kernel_of(op).waiting, partial(_is_handing_over, self))
        self._handed_over: Mapping[str, JSON] = {}
        self.skipped = 0.0
        self._sleep: asyncio.Future[bool] | None = None
        self._problem: BaseException | None = None

    def clock(self) -> float:
        """Return the time in seconds since 1970; ahead of the wall clock by what was skipped."""
        return time.time() + self.skipped

    def post(self, event: FamilyEvent) -> None:
        """Let the execution know of an event. Call it on the event loop's thread."""
        self.inbox.append(event)
        self._wake()

    async def answer(self, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> bool:
        """Let the execution know what somebody else says to a task; return whether it counts."""
        reply = self.answers.reply(event)
        if reply is None:
            return False
        self.inbox.append(reply)
        self._wake()
        return await reply.counts

    @property
    def _whole(self) -> Any:  # a kernel or a family: the one contract
        return self.kernel if self.family is None else self.family

    def kernel_of(self, op: str) -> Kernel:
        """Return the execution that an op belongs to: the one that was started, or a child of a Map Run of its."""
        return self.kernel if self.family is None else self.family.kernel_of(op)

    async def run(self, event: Event) -> None:
        """Feed the first event, then whatever follows from it, until the execution ends; once more for a redrive."""
        self._forget()  # what came too late for the attempt before
        self.post(event)
        await self._run()

    def resume(self, submitted: Mapping[str, JSON]) -> Coroutine[Any, Any, None]:
        """Go on with an execution that was made again of its journal: what it waits for is issued once more, but for
        what somebody has in hand.

        `submitted` is what handing over gave, by op: a job that was handed over is watched by it. From the call on
        answers count; what is returned has to be awaited.
        """
        self._handed_over = submitted
        self.answers.handed_out.update(self._whole.in_hand())
        for command in self._whole.outstanding():
            self._carry_out(command)
        return self._run()

    async def fail(self, cause: str) -> None:
        """End an execution that cannot go on."""
        await self._feed(ExecutionBroken(self.clock(), cause))

    async def _run(self) -> None:
        self._problem = None
        self._turns = turns()
        try:
            is_patient = True
            while self.inbox or (is_patient and self.kernel.status in ("PENDING", "RUNNING")):
                while self.inbox:
                    due = self.agenda.next_at()
                    overdue = due is not None and due < self.inbox[0].at
                    entry = self.agenda.pop() if overdue else self.inbox.popleft()
                    for event in self.answers.in_order(entry):
                        await self._feed(event)
                if self._problem is not None:
                    raise self._problem
                if self.kernel.status == "RUNNING":
                    is_patient = await self._wait()
        finally:
            self._forget()

    def _forget(self) -> None:
        """Let go of what is under way, and of what was not taken in."""
        unfinished, self.running = self.running, {}  # a task that is not among them learns that it is not wanted
        for task in unfinished.values():
            task.cancel()
        for entry in self.inbox:
            if isinstance(entry, Reply):
                entry.settle(False)
        self.inbox.clear()
        self.answers.early.clear()

    async def _feed(self, event: FamilyEvent) -> None:
        if isinstance(event, (TaskSucceeded, TaskFailed)):
            self.answers.handed_out.discard(event.op)
            if (job := self.running.pop(event.op, None)) is not None:  # somebody who has its token answered for it
                job.cancel(ANSWERED)
        commands, committing = await self._turns.take(lambda: self._handle(event))
        if committing is not None:
            await committing
        for command in commands:
            self._carry_out(command)

    def _handle(self, event: FamilyEvent) -> tuple[list[Any], Awaitable[None] | None]:
        """Have an event taken in; without a pause, so that all that is written because of it is written together."""
        _, on_event, on_commit, budget = self.hooks
        if on_event is not None:
            on_event(event)
        is_over = self._turns.is_over
        self.kernel.is_spent = is_over if budget is None else budget(is_over)
        commands = self._whole.handle(event)  # asked each time, as `on_commit` may put another kernel there
        return commands, None if on_commit is None else on_commit(event)

    def _carry_out(self, command: FamilyCommand) -> None:
        match command:
            case Continue():
                self.post(Continued(self.clock(), command.op))
            case StartTask():
                answers = None if self.hooks.intercept is None else self.hooks.intercept(command)
                if answers is None:
                    self.running[command.op] = asyncio.ensure_future(self._perform(command))
                for event in answers or ():
                    self.agenda.note(event.at, command.op, event)
            case StartTimer():
                self.agenda.note(command.at, command.op, TimerFired(command.at, command.op))
            case Work():
                self.running[command.op] = asyncio.ensure_future(self._work(command))
            case StartMapRun():
                raise AssertionError("a family runs its Map Runs itself")
            case Cancel():
                self.agenda.cancel(command.op)
                self.answers.handed_out.discard(command.op)
                if (task := self.running.pop(command.op, None)) is not None:
                    task.cancel()
            case _:
                assert_never(command)

    async def _wait(self) -> bool:
        """Wait for the next event, or for the next moment at which one is due; return False when patience has an end
        before."""
        due = self.agenda.next_at()
        if due is not None and self.skips_time and not (self.running or self.answers.handed_out or self.inbox):
            self.skipped += max(0.0, due - self.clock())
        delay = None if due is None else due - self.clock()
        if delay is not None and delay <= 0:
            self.inbox.append(self.agenda.pop())
            return True
        if self.inbox or self._problem is not None:
            return True
        may_park = self.patience is not None and not self.running and (delay is None or delay > self.patience)
        was_woken = await self._sleep_for(self.patience if may_park else delay)
        return was_woken or not may_park

    async def _sleep_for(self, delay: float | None) -> bool:
        """Sleep so long; return True if woken before. Not by `wait_for`, which swallows a cancellation now and then."""
        loop = asyncio.get_running_loop()
        self._sleep = loop.create_future()
        alarm = None if delay is None else loop.call_later(delay, self._wake, False)
        try:
            return await self._sleep
        finally:
            self._sleep = None
            if alarm is not None:
                alarm.cancel()

    def _wake(self, by_event: bool = True) -> None:
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(by_event)

    async def _work(self, command: Work) -> None:
        """Do work that blocks, in a thread, and post its end."""
        try:
            value = await in_thread(command.work) if command.work is not None else None
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            self._problem = problem
            self._wake()
        else:
            self.running.pop(command.op, None)
            self.post(WorkDone(self.clock(), command.op, value))

    async def _perform(self, task: StartTask) -> None:
        """Do a task and post what came of it.

        What is the caller's mistake (FunctionNotFound) is raised by `run`.
        """
        event = None
        try:
            event = await self._outcome(task)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as problem:
            self._problem = problem
            self._wake()
        self.running.pop(task.op, None)
        if event is not None:
            self.post(event)

    async def _outcome(self, task: StartTask) -> Event | None:
        if task.op not in self.kernel_of(task.op).waiting:  # it is over before it began: its token would be nobody's
            return None
        if task.resource.has_token:
            self._hand_out(task)  # from the start: who gets the token may be faster than who hands it over
        prepared = self.performer.prepare(task, self.kernel_of(task.op).identity, self.clock, self.clock())
        if isinstance(prepared, Call):
            returned = await called(prepared, lambda: self.running.get(task.op) is asyncio.current_task())
        elif isinstance(prepared, Failure):
            return ended(self.clock(), task.op, prepared)
        elif isinstance(prepared, AnsweredElsewhere):
            self._hand_out(task)
            return None
        elif isinstance(prepared, Job):
            submitted = lambda output: self.post(TaskSubmitted(self.clock(), task.op, output))  # noqa: E731
            return ended(self.clock(), task.op, await end_of(prepared, task.op, self._handed_over, submitted))
        elif callable(prepared):
            returned = await done(prepared)
        else:
            assert_never(prepared)
        outcome = outcome_of(task, prepared, returned, self.clock())
        if isinstance(outcome, Pending):
            self.answers.handed_out.discard(task.op)
            self.agenda.note_answer(self.clock(), task.op, outcome.answer)
            self._wake()
            return outcome.submitted
        return outcome

    def _hand_out(self, task: StartTask) -> None:
        if task.op in self.kernel_of(task.op).waiting:
            self.answers.handed_out.add(task.op)
            if self.hand_out is not None:
                self.hand_out(self, task)


def _is_handing_over(driver: RealTimeDriver, op: str) -> bool:
    """Tell whether a task is under way that was not handed over yet; a job is under way until it is over."""
    attempt = driver.kernel_of(op).waiting.get(op)
    return op in driver.running and attempt is not None and not attempt[0].is_submitted
