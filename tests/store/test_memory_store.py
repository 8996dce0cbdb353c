"""What only the store in memory does: it forgets."""

from __future__ import annotations

import pytest
from test_stores import PREFIX, execution, machine, started, token

from asl_engine.store import MapRun, MemoryStore, StoreFull, memory


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
    store = MemoryStore()
    for _ in range(3):
        made = machine(store)
        ended(store, made, "e", ["x" * 1_000])
        store.delete_machine(made.arn)

    assert 1_000 < store.memory < 2_000


def test_memory_is_counted_once_when_an_execution_ends_again():
    store = MemoryStore()
    made = machine(store)
    ended(store, made, "e", ["x" * 1_000])
    store.end_execution(store.execution(f"{PREFIX}execution:m:e"), ["x" * 3_000])

    assert 3_000 < store.memory < 4_000


def test_tokens_that_are_over_are_forgotten_in_the_end_and_open_ones_never(monkeypatch):
    monkeypatch.setattr(memory, "MAX_ENDED_TOKENS", 2)
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
