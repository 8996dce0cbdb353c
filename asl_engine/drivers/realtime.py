"""The driver on asyncio: real time, real concurrency.

`async def` functions run as they are, plain ones in threads; what the kernel cancels is cancelled (a thread cannot be,
so its answer is ignored). With `skips_time` the clock jumps to the next timer whenever no function is running and
nobody holds a task token: what a server's `--clock skip` means.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from asl_engine.drivers.agenda import Agenda
from asl_engine.drivers.hooks import NO_HOOKS, Hooks
from asl_engine.drivers.outcome import Pending, attempt, ended, failed, outcome_of
from asl_engine.drivers.threads import THREADS
from asl_engine.drivers.turns import turns
from asl_engine.kernel import (
    ActivityStarted,
    Cancel,
    Continue,
    Continued,
    Event,
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
from asl_engine.tasks.perform import RUNNING, AnsweredElsewhere, Job, Performer
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyCommand, FamilyEvent, Watcher
    from asl_engine.mapruns.s3_objects import Objects


class Reply:
    """What somebody else says to a task, and the answer to whether it counts."""

    def __init__(self, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> None:
        self.event = event
        self.at = event.at
        self.counts: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, counts: bool) -> None:
        """Say whether it counts, unless nobody asks any more."""
        if not self.counts.done():
            self.counts.set_result(counts)


class RealTimeDriver:
    """Runs one execution on the running event loop.

    `hand_out` is called with each attempt that waits for somebody else, who answers with `post`. `hooks` are called on
    the way; what follows from an event waits until `on_commit` is done, if that is awaitable.
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
    ) -> None:
        self.kernel = kernel
        self.family = family_of(kernel, objects, watcher)
        self.performer = performer
        self.skips_time = skips_time
        self.hand_out = hand_out
        self.hooks = hooks
        self.agenda = Agenda()
        self.inbox: deque[FamilyEvent | Reply] = deque()
        self.running: dict[str, asyncio.Task[None]] = {}
        self.handed_out: set[str] = set()
        self.early: dict[str, TaskSucceeded | TaskFailed] = {}
        self._submitted: dict[str, JSON] = {}
        self.skipped = 0.0
        self._awake = asyncio.Event()
        self._problem: BaseException | None = None

    def clock(self) -> float:
        """Return the time in seconds since 1970; ahead of the wall clock by what was skipped."""
        return time.time() + self.skipped

    def post(self, event: FamilyEvent) -> None:
        """Let the execution know of an event. Call it on the event loop's thread."""
        self.inbox.append(event)
        self._awake.set()

    async def answer(self, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> bool:
        """Let the execution know what somebody else says to a task; return whether it counts.

        That is decided when all that happened before has been taken in, time limits that had passed and stops among it:
        what counts is in the history. Who gets a token can be faster than who hands it over, and history tells of both
        in their order; such an answer counts at once, as who hands over may be waiting for that.
        """
        if not self.is_waiting_for(event.op):
            return False
        reply = Reply(event)
        self.inbox.append(reply)
        self._awake.set()
        return await reply.counts

    def kernel_of(self, op: str) -> Kernel:
        """Return the execution that an op belongs to: the one that was started, or a child of a Map Run of its."""
        return self.kernel if self.family is None else self.family.kernel_of(op)

    def is_waiting_for(self, op: str) -> bool:
        """Tell whether an answer to an attempt would still count: none has come, and it is not over."""
        return op in self.handed_out and op in self.kernel_of(op).waiting

    async def run(self, event: Event) -> None:
        """Feed the first event, then whatever follows from it, until the execution ends; once more for a redrive."""
        self._forget()  # what came too late for the attempt before
        self.post(event)
        await self._run()

    async def resume(self, submitted: Mapping[str, JSON]) -> None:
        """Go on with an execution that was made again of its journal: what it waits for is issued once more, but for
        what somebody has in hand.

        `submitted` is what handing over gave, by op: a job that was handed over is watched by it.
        """
        self._submitted = dict(submitted)
        kernels = [self.kernel] if self.family is None else self.family.kernels()
        self.handed_out.update(op for kernel in kernels for op in kernel.in_hand())
        for command in self.kernel.outstanding() if self.family is None else self.family.outstanding():
            self._carry_out(command)
        await self._run()

    async def _run(self) -> None:
        self._problem = None
        self._turns = turns()
        try:
            while self.inbox or self.kernel.status in ("PENDING", "RUNNING"):
                while self.inbox:
                    due = self.agenda.next_at()
                    overdue = due is not None and due < self.inbox[0].at
                    await self._take_in(self.agenda.pop() if overdue else self.inbox.popleft())
                if self._problem is not None:
                    raise self._problem
                if self.kernel.status == "RUNNING":
                    await self._wait()
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
        self.early.clear()

    async def _take_in(self, entry: FamilyEvent | Reply) -> None:
        """Feed an event, or an answer that still counts.

        An answer that was faster than its handing over follows that, and comes before all that could make it too late.
        """
        if isinstance(entry, Reply):
            event = entry.event
            counts = self.is_waiting_for(event.op)
            if counts and event.op in self.running and not isinstance(event, TaskHeartbeat):
                self.early[event.op] = event
                self.handed_out.discard(event.op)
            elif counts:
                await self._feed(event)
            entry.settle(counts)
            return
        early = self.early.pop(entry.op, None) if isinstance(entry, TaskSubmitted) else None
        if early is not None:
            await self._feed(entry)
            await self._feed(early)
            return
        while self.early and not isinstance(entry, (TaskSubmitted, TaskHeartbeat, ActivityStarted)):
            await self._feed(self.early.popitem()[1])
        await self._feed(entry)

    async def _feed(self, event: FamilyEvent) -> None:
        _, on_event, on_commit, _ = self.hooks
        if isinstance(event, (TaskSucceeded, TaskFailed)):
            self.handed_out.discard(event.op)
        if on_event is not None:
            on_event(event)
        commands = await self._turns.take(lambda: self._handle(event))
        if on_commit is not None and (committing := on_commit(event)) is not None:
            await committing
        for command in commands:
            self._carry_out(command)

    def _handle(self, event: FamilyEvent) -> list[Any]:
        is_over, budget = self._turns.is_over, self.hooks.budget
        # Each time, as `on_commit` may put another kernel there.
        self.kernel.is_spent = is_over if budget is None else budget(is_over)
        handle: Callable[[Any], list[Any]] = self.kernel.handle if self.family is None else self.family.handle
        return handle(event)

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
                self.handed_out.discard(command.op)
                if (task := self.running.pop(command.op, None)) is not None:
                    task.cancel()
            case _:
                assert_never(command)

    async def _wait(self) -> None:
        """Wait for the next event, or for the next moment at which one is due."""
        due = self.agenda.next_at()
        if due is not None and self.skips_time and not (self.running or self.handed_out or self.inbox):
            self.skipped += max(0.0, due - self.clock())
        delay = None if due is None else due - self.clock()
        if delay is not None and delay <= 0:
            self.inbox.append(self.agenda.pop())
            return
        self._awake.clear()
        if self.inbox:
            return
        try:
            await asyncio.wait_for(self._awake.wait(), delay)
        except TimeoutError:
            return

    async def _work(self, command: Work) -> None:
        """Do work that blocks, in a thread, and post its end."""
        try:
            value = await in_thread(command.work) if command.work is not None else None
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            self._problem = problem
            self._awake.set()
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
            self._awake.set()
        self.running.pop(task.op, None)
        if event is not None:
            self.post(event)

    async def _outcome(self, task: StartTask) -> Event | None:
        if task.resource.waits_for_token:
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
            return await self._job(prepared, task.op)
        elif callable(prepared):
            returned = await done(prepared)
        else:
            assert_never(prepared)
        outcome = outcome_of(task, prepared, returned, self.clock())
        if isinstance(outcome, Pending):
            self.handed_out.discard(task.op)
            self.agenda.note_answer(self.clock(), task.op, outcome.answer)
            self._awake.set()
            return outcome.submitted
        return outcome

    async def _job(self, job: Job, op: str) -> Event:
        """Hand a job over, tell of it, and look at it until it is over. Cancelling it ends that."""
        is_handed_over = op in self._submitted
        returned = self._submitted.pop(op) if is_handed_over else await done(job.submit)
        if not isinstance(returned, Failure):
            handed = returned
            if not is_handed_over:
                self.post(TaskSubmitted(self.clock(), op, handed))
            while (returned := await done(job.ended, handed)) is RUNNING:
                await asyncio.sleep(job.every)
        return ended(self.clock(), op, returned)

    def _hand_out(self, task: StartTask) -> None:
        if task.op in self.kernel_of(task.op).waiting:
            self.handed_out.add(task.op)
            if self.hand_out is not None:
                self.hand_out(self, task)


async def called(call: Call, is_wanted: Callable[[], bool]) -> Any:
    """Return what comes of a function. It was cancelled by itself when the task that runs this is still wanted."""
    try:
        async with asyncio.timeout(call.function.timeout) as limit:
            returned = attempt(call) if call.function.is_async else await in_thread(lambda: attempt(call))
            return await returned if inspect.isawaitable(returned) else returned
    except TimeoutError as problem:
        return call.timed_out() if limit.expired() else failed(call, problem)
    except BaseException as problem:
        if isinstance(problem, asyncio.CancelledError) and not is_wanted():
            raise
        return failed(call, problem)


async def done(work: Any, *arguments: Any) -> Any:
    """Return what work gives: `async def` runs as it is, and all else in a thread."""
    if inspect.iscoroutinefunction(work):
        return await work(*arguments)
    return await in_thread(lambda: work(*arguments))


async def in_thread(work: Any) -> Any:
    """Run blocking work in a thread, when one is free; return or raise what it does."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, problem: BaseException | None) -> None:
        if not future.done():
            if problem is None:
                future.set_result(value)
            else:
                future.set_exception(problem)

    def run() -> None:
        value: Any = None
        problem: BaseException | None = None
        try:
            value = work()
        except (StopIteration, KeyboardInterrupt) as own:  # a future cannot carry the one, Ctrl-C is the main thread's
            problem = RuntimeError(f"the function raised {type(own).__name__}: {own}")
        except BaseException as raised:
            problem = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this answer any more
            loop.call_soon_threadsafe(settle, value, problem)

    THREADS.do(run)
    return await future
