"""What a task is, on an event loop: a coroutine that runs as it is, or something that blocks, in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from asl_engine.drivers.outcome import attempt, failed
from asl_engine.drivers.threads import THREADS
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import RUNNING, Job
from asl_engine.values import JSON


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


async def end_of(job: Job, op: str, handed_over: Mapping[str, JSON], on_submitted: Callable[[JSON], None]) -> Any:
    """Hand a job over, tell what that gave, and look at it until it is over; return its result or Failure. Of a job
    that was `handed_over` before, by its op, only the end is looked for. Cancelling it ends that."""
    if op in handed_over:
        handed = handed_over[op]
    else:
        handed = await done(job.submit)
        if isinstance(handed, Failure):
            return handed
        on_submitted(handed)
    while (returned := await done(job.ended, handed)) is RUNNING:
        await asyncio.sleep(job.every)
    return returned


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
