"""The journal: the events of what runs, which executions are to go on after a start, and which only wait."""

from __future__ import annotations

from contextlib import closing

import pytest
from test_stores import PREFIX, activity, execution, machine, token

from asl_engine.journal import Entry
from asl_engine.quotas import REDRIVABLE_SECONDS
from asl_engine.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path):
    with closing(SqliteStore(tmp_path / "executions.db", durability="normal")) as opened:
        yield opened


def started(store, *names):
    made = store.machine(f"{PREFIX}stateMachine:m") or machine(store)
    rows = [execution(made, name) for name in names]
    for row in rows:
        store.add_execution(row)
    return rows


def entry(seq):
    return Entry(seq, seq / 2, "TaskSucceeded", f"/A#{seq}.0", f'{{"n":{seq}}}', 2**62 + seq)


def write(store, row, count):
    with store.database.transaction():
        for seq in range(1, count + 1):
            store.append(row.id, entry(seq))


def ended(store, row, status="SUCCEEDED", refusal="it succeeded"):
    row.status, row.stopped_at, row.redrive_refusal = status, 100.0, refusal
    store.end_execution(row, ["a record"])


def names(rows):
    return [row.name for row in rows]


def test_events_come_back_in_order_and_apart(store):
    """Also more than are read at a time, and while others are written."""
    first, second = started(store, "a", "b")
    write(store, first, 1_200)
    write(store, second, 2)
    reading = store.entries(first.id, after=2)
    begun = next(reading)
    for seq in (3, 4):
        store.append(second.id, entry(seq))

    assert [entry(seq) for seq in range(3, 1_201)] == [begun, *reading]
    assert [entry(seq) for seq in (1, 2, 3, 4)] == list(store.entries(second.id))
    assert [] == list(store.entries(99))


def test_open_executions_are_those_to_go_on_with(store):
    """Neither children, nor what has ended, nor what is parked; in the order in which they began."""
    a, b, c, _ = started(store, "a", "b", "c", "d")
    store.add_execution(execution(store.machine(a.machine_arn), "child", map_run_arn="x:run"))
    ended(store, b)
    store.park(c, 50.0)

    assert ["a", "d"] == names(store.open_executions())
    assert ["d"] == names(store.open_executions(a.id))
    store.unpark(c)
    assert ["a", "c", "d"] == names(store.open_executions())


def test_parked_executions_are_due_in_the_order_of_their_moments(store):
    """What waits for a token alone is never due; what has ended is not due any more."""
    a, b, c, d = started(store, "a", "b", "c", "d")
    for row, due_at in ((a, 30.0), (b, 10.0), (c, None), (d, 20.0)):
        store.park(row, due_at)

    assert (10.0, []) == (store.next_due(), store.due(9.0, 10))
    assert (["b", "d"], ["b"]) == (names(store.due(20.0, 10)), names(store.due(99.0, 1)))
    ended(store, b)
    store.unpark(d)
    store.unpark(a)
    assert (None, []) == (store.next_due(), store.due(1e12, 10))
    store.update_execution(c)
    assert [] == [row for row in store.open_executions() if row.name == "c"]


def test_a_redrive_keeps_the_events_until_it_is_too_late(store):
    """Of what has ended for good they go at once; of what can be redriven after 14 days; not of what was redriven."""
    over, redriven, left = started(store, "over", "redriven", "left")
    for row in (over, redriven, left):
        write(store, row, 3)
    ended(store, over)
    ended(store, redriven, "FAILED", None)
    ended(store, left, "FAILED", None)
    assert [0, 3, 3] == [len(list(store.entries(row.id))) for row in (over, redriven, left)]
    redriven.reopen(200.0)
    store.update_execution(redriven)
    store.append(redriven.id, entry(4))

    while store.tidy(100.0 + REDRIVABLE_SECONDS - 1):
        pass
    assert [4, 3] == [len(list(store.entries(row.id))) for row in (redriven, left)]
    while store.tidy(100.0 + REDRIVABLE_SECONDS):
        pass
    assert [4, 0] == [len(list(store.entries(row.id))) for row in (redriven, left)]
    assert ["a record"] == store.history(left.arn)


def test_the_position_of_a_log_is_remembered(store):
    [row] = started(store, "a")
    before = store.log_position(row.id)
    store.save_log_position(row.id, 7)
    store.save_log_position(row.id, 9)

    assert (0, 9) == (before, store.log_position(row.id))


def test_work_handed_out_again_keeps_its_place(store):
    """After a restart a driver hands out what is waited for: no work is there twice, and none is lost."""
    [row] = started(store, "a")
    arn = activity(store, "sign")
    store.add_token(token("t1", row, activity_arn=arn))
    store.add_token(token("t2", row, activity_arn=arn))
    store.take_task(arn)
    store.add_token(token("t2", row, activity_arn=arn))
    store.add_token(token("t1", row, activity_arn=arn))

    assert ["t1", "t2", None] == [task and task.token for task in (store.take_task(arn) for _ in range(3))]
