"""Threads for what blocks: a bound, and the same ones again."""

from __future__ import annotations

import asyncio
import threading

from conftest import PATIENCE, chain

from asl_engine import StateMachine
from asl_engine.drivers import calls, threads
from asl_engine.drivers.threads import Threads


def test_no_more_threads_than_may_be_and_all_work_is_done():
    pool, gate, done = Threads(most=5), threading.Event(), []
    ended = threading.Semaphore(0)

    def work():
        gate.wait(PATIENCE)
        done.append(threading.current_thread())
        ended.release()

    for _ in range(50):
        pool.do(work)
    assert 5 == pool.count
    gate.set()
    for _ in range(50):
        assert ended.acquire(timeout=PATIENCE)

    assert 50 == len(done)
    assert len(set(done)) <= 5


def test_a_thread_is_used_again():
    pool, ended, seen = Threads(), threading.Semaphore(0), set()

    def work():
        seen.add(threading.get_ident())
        ended.release()

    for _ in range(20):
        pool.do(work)
        assert ended.acquire(timeout=PATIENCE)

    assert pool.count <= 2


def test_an_idle_thread_ends(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.001)
    pool, seen = Threads(), []
    pool.do(lambda: seen.append(threading.current_thread()))
    while not seen:
        pass
    seen[0].join(PATIENCE)

    assert 0 == pool.count


def test_many_executions_share_the_threads_that_there_are(monkeypatch):
    """Two hundred functions that block at once: never more of them than threads, and every execution has its result."""
    monkeypatch.setattr(calls, "THREADS", Threads(8))
    lock, running, most = threading.Lock(), 0, 0

    def blocks(event, context):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.0005)
        with lock:
            running -= 1
        return event

    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:blocks"}
    machine = StateMachine.from_dict(chain(T=task))

    async def story():
        runs = (machine.run_async(number, {"blocks": blocks}) for number in range(200))
        return [execution.output for execution in await asyncio.gather(*runs)]

    assert list(range(200)) == asyncio.run(story())
    assert most <= 8
