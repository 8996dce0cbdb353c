"""What only the store in memory does: it forgets."""

from __future__ import annotations

from time import process_time

import pytest
from test_stores import ACCOUNT, PREFIX, activity, execution, machine, names, revision, started, token

from asl_engine.store import Alias, MapRun, MemoryStore, StoreFull, memory, memory_tokens


def ended(store, of, name, history=()):
    started(store, of, name)
    row = store.execution(f"{PREFIX}execution:{of.name}:{name}")
    row.status, row.stopped_at = "SUCCEEDED", 2.0
    store.end_execution(row, list(history))


def test_the_oldest_that_have_ended_go_first_and_when_all_run_one_more_is_refused():
    store = MemoryStore(max_executions=2)
    made = machine(store)
    started(store, made, "a")
    ended(store, made, "b")
    started(store, made, "c")

    assert [f"{PREFIX}execution:m:b"] == store.take_forgotten()
    assert [] == store.take_forgotten()
    with pytest.raises(StoreFull, match="2 executions are running"):
        store.add_execution(execution(made, "d"))


def test_memory_is_counted_right_when_a_machine_is_deleted_and_made_again():
    """Also while the execution that had the name before goes on, and when that ends."""
    store, taken = MemoryStore(), set()
    for _ in range(3):
        made = machine(store)
        started(store, made, "e")
        before = store.execution(f"{PREFIX}execution:m:e")
        store.delete_machine(made.arn)
        made = machine(store)
        ended(store, made, "e", ["x" * 1_000])
        before.stopped_at = 3.0
        store.end_execution(before, ["y" * 9_000])
        store.delete_machine(made.arn)
        taken.add(store.memory)

    assert len(taken) == 1
    assert 1_000 < taken.pop() < 4_000


def test_memory_is_counted_once_when_an_execution_ends_again():
    store = MemoryStore()
    made = machine(store)
    ended(store, made, "e", ["x" * 1_000])
    once = store.memory
    store.end_execution(store.execution(f"{PREFIX}execution:m:e"), ["x" * 3_000])

    assert once + 1_900 < store.memory < once + 2_100


def fill_with_machines(store):
    for number in range(100):
        machine(store, f"m{number}", definition="d" * 1_000)


def fill_with_updates(store):
    made = machine(store)
    for number in range(100):
        made.revision = revision(str(number), definition="d" * 1_000)
        store.update_machine(made)
        store.publish(made, "d" * 100, 1.0)


def fill_with_revisions_of_executions(store):
    made = machine(store)
    for number in range(100):
        made.revision = revision(str(number), definition="d" * 1_000)
        store.update_machine(made)
        started(store, made, f"e{number}")


def fill_with_inputs(store):
    made = machine(store)
    for number in range(100):
        store.add_execution(execution(made, f"e{number}", input_text="i" * 1_000))


def fill_with_values(store):
    made = machine(store)
    for number in range(100):
        store.add_execution(execution(made, f"e{number}", memory=1_000))


def fill_with_aliases(store):
    for number in range(100):
        made = machine(store, f"m{number}")
        for name in "abc":
            store.save_alias(made, Alias("arn", name, [{"stateMachineVersionArn": "v" * 300}], "d" * 200, 1.0))


def fill_with_tags(store):
    for number in range(100):
        store.save_tags(f"arn{number}", {f"key{at}": "v" * 200 for at in range(50)})


def fill_with_activities(store):
    for number in range(1_000):
        activity(store, f"a{number}")


def fill_with_work_that_nobody_asks_for(store):
    arn, made = activity(store, "sign"), machine(store)
    for number in range(100):
        started(store, made, f"e{number}")
        token_of = token(f"t{number}", execution(made, f"e{number}"), activity_arn=arn)
        token_of.input_text = "i" * 1_000
        store.add_token(token_of)


FILLS = [fill for name, fill in list(globals().items()) if name.startswith("fill_with_")]


@pytest.mark.parametrize("fill", FILLS)
def test_everything_takes_room_and_what_ended_makes_some(fill):
    """Whatever it is filled with: ended executions are forgotten for it; then one more thing is refused."""
    store = MemoryStore(max_memory=90_000)
    of = machine(store, "ended")
    for number in range(50):
        ended(store, of, f"e{number}", ["x" * 1_000])
    with pytest.raises(StoreFull, match="bytes, and nothing has ended"):
        fill(store)

    assert [] == names(store.list_executions(of, None, None, "SUCCEEDED", None, 100))
    assert store.memory < 110_000


@pytest.mark.parametrize("fill", FILLS)
def test_what_is_deleted_takes_no_room(fill):
    """All is deleted, and what ran has ended and is forgotten: as if there had been nothing, but a few tokens."""
    store = MemoryStore()
    fill(store)
    for row in list(store.list_machines(*ACCOUNT, None, 1_000).rows):
        for run in store.list_executions(row, None, None, None, None, 1_000).rows:
            run.status, run.stopped_at = "ABORTED", 2.0
            store.end_execution(run, ["x" * 500])
        store.delete_machine(row.arn)
    for row in store.list_activities(*ACCOUNT, None, 1_000).rows:
        store.delete_activity(row.arn)
    for number in range(100):
        store.save_tags(f"arn{number}", {})
    store.max_executions = 1
    ended(store, machine(store), "last")

    assert store.memory < 60_000


def test_room_is_made_in_no_time_beside_many_that_run():
    """Thousands run, and one after the other ends and is forgotten: the work for each does not grow with them."""

    def seconds(running):
        store = MemoryStore(max_executions=running + 1)
        of = machine(store)
        started(store, of, *(f"r{number}" for number in range(running)))
        began = process_time()
        for number in range(2_000):
            ended(store, of, f"e{number}")
        return process_time() - began

    assert min(seconds(20_000) for _ in range(3)) < 4 * min(seconds(200) for _ in range(3))


def test_one_that_goes_on_is_not_forgotten():
    store = MemoryStore(max_executions=2)
    made = machine(store)
    ended(store, made, "a")
    ended(store, made, "b")
    again = store.execution(f"{PREFIX}execution:m:a")
    again.reopen(3.0)
    store.update_execution(again)
    started(store, made, "c")

    assert ["c", "a"] == names(store.list_executions(made, None, None, None, None, 10))


def test_the_work_of_one_does_not_end_with_another_that_had_its_name():
    """The machine was deleted and made again: what ends is the execution before."""
    store = MemoryStore()
    arn, made = activity(store, "sign"), machine(store)
    started(store, made, "e")
    before = store.execution(f"{PREFIX}execution:m:e")
    store.add_token(token("old", before, activity_arn=arn))
    store.delete_machine(made.arn)
    started(store, machine(store), "e")
    store.add_token(token("new", before, activity_arn=arn))
    before.stopped_at = 2.0
    store.end_execution(before, [])

    assert ["new", None] == [task and task.token for task in (store.take_task(arn) for _ in range(2))]
    assert store.token("old").token == "old"


def test_tokens_that_are_over_are_forgotten_in_the_end_and_open_ones_never(monkeypatch):
    monkeypatch.setattr(memory_tokens, "MAX_ENDED_TOKENS", 2)
    store = MemoryStore()
    made = machine(store)
    store.add_token(token("open", execution(made, "x")))
    for name in "abc":
        started(store, made, name)
        row = store.execution(f"{PREFIX}execution:m:{name}")
        store.add_token(token(name, row))
        row.status, row.stopped_at = "ABORTED", 2.0
        store.end_execution(row, [])

    assert [None, "b", "c", "open"] == [
        known and known.token for known in (store.token(text) for text in ("a", "b", "c", "open"))
    ]


def test_the_oldest_map_runs_that_have_ended_are_forgotten(monkeypatch):
    monkeypatch.setattr(memory, "MAX_MAP_RUNS", 2)
    store = MemoryStore()
    for number, stopped_at in enumerate((None, 2.0, None)):
        store.add_map_run(MapRun(f"run{number}", "e", "e", "m", "op", 1.0, stopped_at=stopped_at))

    assert ["run2", "run0"] == [row.arn for row in store.list_map_runs("e", None, 10).rows]
