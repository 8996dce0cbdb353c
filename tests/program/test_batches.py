"""Batches and tolerated failures: a Map Run and the test of a state count alike."""

from __future__ import annotations

import json

import pytest
from conftest import chain, one_state

from asl_engine import StateMachine
from asl_engine.program.batches import Batches, batched
from asl_engine.program.distributed import Batching
from asl_engine.program.thresholds import tolerated_failures
from asl_engine.testing import Workflow

DISTRIBUTED = chain(P={"Type": "Pass"}) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def machine_of(**fields):
    return StateMachine.from_dict(one_state(Type="Map", ItemProcessor=DISTRIBUTED, **fields))


@pytest.mark.parametrize("limit", [{"MaxInputBytesPerBatch": 15}, {"MaxItemsPerBatch": 2}])
def test_a_map_run_and_the_test_of_its_state_make_the_same_batches(limit):
    """The comma before the first item is none: `{"Items":[1,2]}` has 15 bytes."""
    machine = machine_of(ItemBatcher=limit)

    ran = machine.run([1, 2, 3, 4]).output
    tested = Workflow(machine).state("S").run([1, 2, 3, 4], result=[])

    assert [{"Items": [1, 2]}, {"Items": [3, 4]}] == ran == tested.payload == tested.stages["afterItemBatcher"]


def test_an_item_that_fits_into_no_batch_fails_the_test_of_a_state_too():
    """As it fails the Map Run."""
    machine = machine_of(ItemBatcher={"MaxInputBytesPerBatch": 15})

    ran = machine.run(["much too long"])
    tested = Workflow(machine).state("S").run(["much too long"], result=[])

    assert "States.ItemReaderFailed" == ran.error == tested.error
    assert ran.cause == tested.cause


def test_the_input_of_a_batch_counts():
    """A batch is as large as all of its text."""
    batching = Batching(None, len('{"BatchInput":"x","Items":[1,2]}'), "x")

    assert [2, 1] == [batch.items for batch in batched(batching, [1, 2, 3])]
    assert all(batch.size == len(json.dumps(batch.input, separators=(",", ":"))) for batch in batched(batching, [1]))


def test_a_batch_waits_for_items_that_could_still_fit():
    """Until no more will come."""
    batches = Batches(Batching(3, None))
    batches.put(1)

    assert batches.next(is_last=False) is None
    assert {"Items": [1]} == batches.next(is_last=True).input


@pytest.mark.parametrize(
    ("count", "share", "items", "tolerated"),
    [(None, None, 9, None), (2, None, 9, 2), (None, 50, 10, 5), (2, 50, 10, 2), (7, 50, None, 7)],
)
def test_the_smaller_threshold_holds(count, share, items, tolerated):
    """A share counts as soon as the number of items is known."""
    assert tolerated == tolerated_failures(count, share, items)
