"""What any store does: the same stories for each. One that joins is one more parameter."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from asl_engine.store import (
    Activity,
    Alias,
    Execution,
    Machine,
    MapRun,
    MemoryStore,
    Revision,
    Token,
)
from asl_engine.store.sqlite import SqliteStore

ACCOUNT = ("123456789012", "us-east-1")
PREFIX = "arn:aws:states:us-east-1:123456789012:"


def in_memory(folder):
    return contextlib.nullcontext(MemoryStore())


def in_a_file(folder):
    return contextlib.closing(SqliteStore(folder / "executions.db", durability="normal"))


@pytest.fixture(params=[in_memory, in_a_file])
def store(request, tmp_path):
    with request.param(tmp_path) as opened:
        yield opened


def revision(id=None, type="STANDARD", definition="{}"):
    return Revision(id, type, definition, "role", {"level": "OFF"}, {"enabled": False}, None, 1.0)


def machine(store, name="m", **fields):
    made = Machine(f"{PREFIX}stateMachine:{name}", *ACCOUNT, name, revision(**fields), 1.0)
    store.add_machine(made)
    return made


def execution(of, name="e", **fields):
    row = Execution(f"{PREFIX}execution:{of.name}:{name}", of.id, of.arn, name, of.revision, "{}", 1.0)
    return replace(row, **fields)


def started(store, of, *names):
    for name in names:
        assert store.add_execution(execution(of, name)) is None


def activity(store, name):
    store.add_activity(Activity(f"{PREFIX}activity:{name}", *ACCOUNT, name, {"type": "AWS_OWNED_KEY"}, 1.0))
    return f"{PREFIX}activity:{name}"


def token(text, of, **fields):
    return Token(text, of.arn, of.arn, "/A#1.0", "resource", '{"n":1}', **fields)


def names(page):
    return [row.name for row in page.rows]


def pages(read, limit=2):
    """Read a list to its end; yield the rows of each page, so that the reader can change the store between two."""
    after = None
    while True:
        page = read(after, limit)
        yield page.rows
        if page.last is None:
            return
        after = page.last


# --- state machines --------------------------------------------------------------------------------------------------


def test_a_machine_is_remembered_changed_and_forgotten_with_what_is_its(store):
    made = machine(store)
    store.publish(made, None, 2.0)
    store.save_tags(made.arn, {"team": "x"})
    made.revision = revision("r2")
    store.update_machine(made)

    assert "r2" == store.machine(made.arn).revision.id
    store.delete_machine(made.arn)
    store.delete_machine(made.arn)
    assert store.machine(made.arn) is None
    assert {} == store.tags(made.arn)
    assert store.version(machine(store), 1) is None


def test_machines_belong_to_an_account_and_a_region(store):
    machine(store, "b")
    machine(store, "a")

    assert (2, 0) == (store.count_machines(*ACCOUNT), store.count_machines("999999999999", "us-east-1"))
    assert ["a", "b"] == names(store.list_machines(*ACCOUNT, None, 10))
    assert [] == store.list_machines(ACCOUNT[0], "eu-west-1", None, 10).rows


def test_a_revision_has_one_version_and_no_number_is_given_twice(store):
    made = machine(store)
    first = store.publish(made, "first", 2.0)

    assert first.number == store.publish(made, "again", 3.0).number == 1
    store.delete_version(made, 1)
    made = store.machine(made.arn)
    assert 2 == store.publish(made, None, 4.0).number
    assert (2, "first") == (store.machine(made.arn).last_version, store.machine(made.arn).first_description)


def test_aliases_are_listed_by_name_and_by_version(store):
    made = machine(store)
    one, two = f"{made.arn}:1", f"{made.arn}:2"
    for name, arns in (("b", [one]), ("a", [one, two]), ("c", [two])):
        routes = [{"stateMachineVersionArn": arn, "weight": 100 // len(arns)} for arn in arns]
        store.save_alias(made, Alias(f"{made.arn}:{name}", name, routes, None, 1.0))

    assert ["a", "b", "c"] == names(store.list_aliases(made, None, None, 10))
    assert ["a", "c"] == names(store.list_aliases(made, two, None, 10))
    store.delete_alias(made, "a")
    assert (None, "b") == (store.alias(made, "a"), store.alias(made, "b").name)


def test_tags_given_out_are_a_copy(store):
    store.save_tags("arn", {"a": "1"})
    store.tags("arn")["b"] = "2"

    assert {"a": "1"} == store.tags("arn")


# --- pages -----------------------------------------------------------------------------------------------------------


def test_deleting_while_paging_loses_nothing(store):
    """Each page is deleted before the next is asked for: all of them come."""
    for number in range(250):
        machine(store, f"m{number:03}")
    seen = []
    for rows in pages(lambda after, limit: store.list_machines(*ACCOUNT, after, limit), 100):
        seen += [row.name for row in rows]
        for row in rows:
            store.delete_machine(row.arn)

    assert [f"m{number:03}" for number in range(250)] == seen


def test_starting_while_paging_shows_nothing_twice(store):
    """What is newer than the first page is not seen, and what is older is seen once."""
    made = machine(store)
    started(store, made, "a", "b", "c", "d", "e")
    seen = []
    for rows in pages(lambda after, limit: store.list_executions(made, None, None, None, after, limit)):
        seen += [row.name for row in rows]
        started(store, made, f"later-{len(seen)}")

    assert ["e", "d", "c", "b", "a"] == seen


def test_publishing_and_deleting_versions_while_paging(store):
    made = machine(store)
    for number in range(1, 6):
        made.revision = revision(f"r{number}")
        store.update_machine(made)
        store.publish(made, None, 1.0)
    seen = []
    for rows in pages(lambda after, limit: store.list_versions(made, after, limit)):
        seen += [row.number for row in rows]
        store.delete_version(made, rows[-1].number)

    assert [5, 4, 3, 2, 1] == seen


def test_the_last_page_says_so_also_when_it_is_full(store):
    for name in "ab":
        activity(store, name)
    read = store.list_activities

    assert [["a"], ["b"]] == [names(read(*ACCOUNT, after, 1)) for after in (None, "a")]
    assert ("a", None) == (read(*ACCOUNT, None, 1).last, read(*ACCOUNT, "a", 1).last)
    assert read(*ACCOUNT, None, 2).last is None


# --- executions ------------------------------------------------------------------------------------------------------


def test_a_name_is_taken_once_and_free_again_with_another_machine_of_that_name(store):
    made = machine(store)
    started(store, made, "e")
    known = store.add_execution(execution(made, "e", trace_header="second"))

    assert (known.name, known.trace_header) == ("e", None)
    store.delete_machine(made.arn)
    again = machine(store)
    started(store, again, "e")
    assert ["e"] == names(store.list_executions(again, None, None, None, None, 10))


def test_express_executions_may_share_a_name(store):
    made = machine(store, type="EXPRESS")
    started(store, made, "e", "e")

    assert store.execution(f"{PREFIX}execution:m:e") is not None


def test_how_an_execution_ended_is_remembered_with_what_happened(store):
    made = machine(store)
    started(store, made, "e")
    row = store.execution(f"{PREFIX}execution:m:e")
    row.status, row.stopped_at, row.output_text = "SUCCEEDED", 9.0, "{}"
    store.end_execution(row, ["a record"])
    known = store.execution(row.arn)

    assert ("SUCCEEDED", 9.0, "{}") == (known.status, known.stopped_at, known.output_text)
    assert ["a record"] == list(store.history(row.arn))
    assert [] == list(store.history("nobody"))


def test_a_redrive_opens_an_execution_again(store):
    made = machine(store)
    started(store, made, "e")
    row = store.execution(f"{PREFIX}execution:m:e")
    row.status, row.stopped_at, row.error = "FAILED", 2.0, "E"
    store.end_execution(row, [])
    row.reopen(3.0)
    store.update_execution(row)
    for number in range(12):
        store.add_redrive(row.arn, f"t{number}", float(number))

    known = store.execution(row.arn)
    assert ("RUNNING", None, None, 1, 3.0) == (
        known.status, known.stopped_at, known.error, known.redrive_count, known.redriven_at,
    )  # fmt: skip
    assert (11.0, 2.0, None) == tuple(store.redrive(row.arn, token) for token in ("t11", "t2", "t12"))


def test_executions_are_chosen_by_version_alias_and_status(store):
    made = machine(store)
    for name, version, alias in (("a", "v1", None), ("b", "v2", "live"), ("c", None, None)):
        store.add_execution(execution(made, name, version_arn=version, alias_arn=alias))
    ended = store.execution(f"{PREFIX}execution:m:a")
    ended.status, ended.stopped_at = "ABORTED", 2.0
    store.end_execution(ended, [])

    def chosen(version=None, alias=None, status=None):
        return names(store.list_executions(made, version, alias, status, None, 10))

    assert (["c", "b", "a"], ["a"], ["b"]) == (chosen(), chosen(version="v1"), chosen(alias="live"))
    assert (["a"], ["c", "b"]) == (chosen(status="ABORTED"), chosen(status="RUNNING"))


def test_children_are_listed_with_their_map_run_only(store):
    made = machine(store)
    for name in "abc":
        store.add_execution(execution(made, name, map_run_arn="run", items=2))
    again = store.execution(f"{PREFIX}execution:m:b")
    again.reopen(5.0)
    store.update_execution(again)

    assert [] == store.list_executions(made, None, None, None, None, 10).rows
    assert ["c", "b", "a"] == names(store.list_children("run", None, None, None, 10))
    assert (["b"], ["c", "a"]) == tuple(
        names(store.list_children("run", None, redriven, None, 10)) for redriven in (True, False)
    )
    assert [] == store.list_children("run", "FAILED", None, None, 10).rows


def test_map_runs_of_an_execution_the_newest_first(store):
    for number in range(3):
        store.add_map_run(MapRun(f"run{number}", "e", "e", "m", "/M#1.0", float(number)))
    row = store.map_run("run1")
    row.status, row.stopped_at, row.items = "FAILED", 7.0, {"total": 5}
    store.update_map_run(row)
    seen = [row.arn for rows in pages(lambda after, limit: store.list_map_runs("e", after, limit)) for row in rows]

    assert ["run2", "run1", "run0"] == seen
    known = store.map_run("run1")
    assert ("FAILED", 7.0, {"total": 5}) == (known.status, known.stopped_at, known.items)
    assert [] == store.list_map_runs("another", None, 10).rows


# --- tokens and activities -------------------------------------------------------------------------------------------


def test_work_of_an_activity_is_taken_once_and_in_order(store):
    of, arn = execution(machine(store)), activity(store, "sign")
    store.add_token(token("t1", of, activity_arn=arn))
    store.add_token(token("t2", of, activity_arn=arn))
    store.add_token(token("t3", of))

    assert ["t1", "t2", None] == [task and task.token for task in (store.take_task(arn) for _ in range(3))]
    assert '{"n":1}' == store.token("t3").input_text
    assert store.token("t4") is None


def test_tokens_of_what_has_ended_are_in_no_queue_and_known_for_a_while(store):
    made, arn = machine(store), activity(store, "sign")
    started(store, made, "e")
    row = store.execution(f"{PREFIX}execution:m:e")
    store.add_token(token("t", row, activity_arn=arn))
    row.status, row.stopped_at = "ABORTED", 2.0
    store.end_execution(row, [])

    assert store.take_task(arn) is None
    assert "t" == store.token("t").token


def test_an_activity_goes_with_its_queue_and_tags(store):
    arn = activity(store, "sign")
    store.save_tags(arn, {"a": "1"})
    store.add_token(token("t", execution(machine(store)), activity_arn=arn))
    store.delete_activity(arn)

    assert (None, {}, 0) == (store.activity(arn), store.tags(arn), store.count_activities(*ACCOUNT))
    assert store.take_task(arn) is None
    activity(store, "sign")
    assert store.take_task(arn) is None
