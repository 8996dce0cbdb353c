"""Stories of Map Runs: items to children, tolerance, batches, ends."""

from __future__ import annotations

import asyncio
import json

import pytest
from map_stories import START, distributed, reader, run

from asl_engine import Answer, Functions, NotSupported, StateMachine, UsageError
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.kernel.snapshot import restore, take
from asl_engine.program.distributed import Batching, Plan, Reading, Writing, plan_as_data, plan_from_data
from asl_engine.tasks.perform import Performer


def types(execution):
    return [event["type"] for event in execution.history]


def links(execution):
    return [f"{event['id']} {event['previousEventId']} {event['type']}" for event in execution.history]


def test_each_item_has_an_execution_of_its_own():
    """The parent's history tells of the run, not of its items; the result is in the order of the items (recorded)."""
    execution = run(distributed(), [3, 1, 2], lambda item, _: item * 10, children="all")

    assert execution.output == [30, 10, 20]
    assert links(execution)[1:-1] == [
        "2 0 MapStateEntered",
        "3 2 MapStateStarted",
        "4 3 MapRunStarted",
        "5 4 MapRunSucceeded",
        "6 5 MapStateSucceeded",
        "7 4 MapStateExited",
    ]
    [map_run] = execution.map_runs
    assert [child.output for child in map_run.children] == [30, 10, 20]
    assert map_run.children[0].history[0]["type"] == "ExecutionStarted"
    assert len({child.arn for child in map_run.children}) == 3


def test_the_names_of_a_run_come_from_machine_and_label():
    """`mapRun:<machine>/<label>:<id>`, and children are executions of `<machine>/<label>` (recorded)."""
    execution = run(distributed(Label="Orders"), [1], children="all")
    [map_run] = execution.map_runs

    assert ":mapRun:StateMachine/Orders:" in map_run.arn
    assert ":execution:StateMachine/Orders:" in map_run.children[0].arn


def test_children_see_a_context_of_their_own_and_no_variables():
    """`$$.Execution` is the child's; what the parent assigned is not there."""
    shown = {"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name", "machine.$": "$$.StateMachine.Name"}}
    processor = {"StartAt": "P", "States": {"P": {**shown, "End": True}}}
    execution = run(distributed(processor=processor, Label="L"), [1], children="all")

    [told] = execution.output
    assert told == {"name": execution.map_runs[0].children[0].name, "machine": "StateMachine/L"}


def test_no_item_means_an_empty_result():
    """As in an inline Map."""
    execution = run(distributed(), [])

    assert execution.output == []
    assert execution.map_runs[0].items["total"] == 0


def test_an_object_is_mapped_member_by_member():
    """Each child gets the key and the value, and a selector sees both."""
    assert run(distributed(), {"a": 1, "b": 2}).output == [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]
    selector = {"k.$": "$$.Map.Item.Key", "i.$": "$$.Map.Item.Index", "s.$": "$$.Map.Item.Source"}
    assert run(distributed(ItemSelector=selector), {"a": 1}).output == [{"k": "a", "i": 0, "s": "STATE_DATA"}]


def fails_for(*bad):
    def work(item, _):
        if item in bad:
            raise ValueError(item)
        return item

    return work


def test_the_first_failure_fails_the_run():
    """Unless something is tolerated; children that run are aborted."""
    waits = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "Work", "Next": "W"}}}
    waits["States"]["W"] = {"Type": "Wait", "Seconds": 60, "End": True}
    execution = run(distributed(processor=waits), [1, 2, 3], fails_for(3))

    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert execution.cause == "The specified tolerated failure threshold was exceeded"
    assert types(execution)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.duration == 0
    counts = execution.map_runs[0].items
    assert (counts["failed"], counts["aborted"], counts["succeeded"]) == (1, 2, 0)


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.9}, "FAILED"),
        ({"ToleratedFailureCount": 4, "ToleratedFailurePercentage": 10}, "FAILED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100}, "FAILED"),
    ],
)
def test_tolerated_failures_decide(tolerance, status):
    """Two of four fail; whichever limit is passed fails the run, and the result lacks those that failed."""
    execution = run(distributed(**tolerance), [1, 2, 3, 4], fails_for(2, 3))

    assert execution.status == status
    assert execution.output == ([1, 4] if status == "SUCCEEDED" else None)


def test_what_the_map_is_told_to_tolerate_must_be_a_number():
    """It fails between the start of the Map and that of the run (recorded)."""
    execution = run(distributed(ToleratedFailureCountPath="$.n", ItemsPath="$.items"), {"items": [1], "n": "many"})

    assert types(execution)[-2:] == ["MapStateStarted", "ExecutionFailed"]
    assert "The ToleratedFailureCountPath field refers to value" in execution.cause


def test_a_failed_run_can_be_retried_and_caught():
    """Each attempt is a Map Run of its own."""
    definition = distributed(Retry=[{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}])
    definition["States"]["Each"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
    definition["States"]["Sorry"] = {"Type": "Pass", "End": True}
    execution = run(definition, [1], fails_for(1))

    assert execution.path == ["Each", "Sorry"]
    assert len({map_run.arn for map_run in execution.map_runs}) == 2
    assert execution.output["Error"] == "States.ExceedToleratedFailureThreshold"


def test_no_more_children_run_than_asked_for():
    """Two at a time: five waits of a minute take three minutes."""
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}

    assert run(distributed(processor=waits, MaxConcurrency=2), [1] * 5).duration == 180
    assert run(distributed(processor=waits), [1] * 300).duration == 60


def test_an_express_child_has_five_minutes():
    """A timed-out child is a failure of its items."""
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    execution = run(distributed("EXPRESS", waits, ToleratedFailureCount=1), [1])

    assert execution.duration == 300
    assert execution.map_runs[0].items["timedOut"] == 1


def test_children_retry_wait_and_answer_in_virtual_time():
    """Timers and task tokens of children work as those of any execution."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True}
    task["Parameters"] = {"FunctionName": "Work", "Payload": {"token.$": "$$.Task.Token", "item.$": "$"}}
    processor = {"StartAt": "T", "States": {"T": task}}
    execution = run(distributed(processor=processor), [1, 2], lambda event, _: Answer(event["item"], after=3600))

    assert execution.output == [1, 2]
    assert execution.duration == 3600


def test_maps_nest():
    """A child may have Map Runs of its own."""
    inner = distributed(ItemsPath="$.numbers")
    inner["States"]["Inner"] = inner["States"].pop(inner["StartAt"])
    inner["StartAt"] = "Inner"
    execution = run(distributed(processor=inner), [{"numbers": [1, 2]}, {"numbers": []}], lambda item, _: -item)

    assert execution.output == [[-1, -2], []]
    assert len(execution.map_runs) == 3


def test_batches_by_number_and_by_bytes():
    """A batch ends where the next item would not fit; its input comes first."""
    by_number = run(distributed(ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$[0]"}}), [1, 2, 3])
    assert by_number.output == [{"BatchInput": {"k": 1}, "Items": [1, 2]}, {"BatchInput": {"k": 1}, "Items": [3]}]
    assert by_number.map_runs[0].executions["total"] == 2
    assert by_number.map_runs[0].items["total"] == 3

    by_bytes = run(distributed(ItemBatcher={"MaxInputBytesPerBatch": len('{"Items":[1,2]}')}), [1, 2, 3, 45])
    assert by_bytes.output == [{"Items": [1, 2]}, {"Items": [3]}, {"Items": [45]}]


def test_an_item_that_fits_into_no_batch_fails_the_run():
    """It is not left out."""
    execution = run(distributed(ItemBatcher={"MaxInputBytesPerBatch": 20}), ["x" * 30])

    assert execution.error == "States.ItemReaderFailed"
    assert "does not fit into a batch of 20 bytes" in execution.cause


def test_a_batch_counts_as_its_items():
    """One batch of three that fails is three failed items."""
    execution = run(distributed(ItemBatcher={"MaxItemsPerBatch": 3}, ToleratedFailureCount=2), [1] * 6, fails_for())
    assert execution.succeeded

    def work(batch, _):
        raise ValueError

    failed = run(distributed(ItemBatcher={"MaxItemsPerBatch": 3}, ToleratedFailureCount=2), [1] * 6, work)
    assert failed.status == "FAILED"


def test_a_result_that_is_too_large_needs_a_writer():
    """256 KiB, counted over all children."""
    execution = run(distributed(), [0] * 30, lambda *_: "x" * 10_000)

    assert execution.error == "States.DataLimitExceeded"


def test_jsonata_says_it_with_expressions():
    """Items, reader, batcher and limits."""
    definition = distributed(
        Items="{% [1..5] %}",
        ItemSelector={"n": "{% $states.context.Map.Item.Value * 2 %}"},
        ItemBatcher={"MaxItemsPerBatch": "{% 1 + 2 %}", "BatchInput": {"all": "{% $states.input.all %}"}},
        ToleratedFailureCount="{% 0 %}",
    )
    execution = run({"QueryLanguage": "JSONata", **definition}, {"all": 5})

    assert [len(batch["Items"]) for batch in execution.output] == [3, 2]
    assert execution.output[1] == {"BatchInput": {"all": 5}, "Items": [{"n": 8}, {"n": 10}]}


def test_a_selector_that_fails_fails_the_run():
    """With the place, in the service's words."""
    execution = run(distributed(ItemSelector={"x.$": "$.nowhere"}), [1])

    assert execution.status == "FAILED"
    assert "An error occurred while executing the state 'Each' (entered at the event id #2)" in execution.cause


def test_the_same_seed_gives_the_same_children():
    """Names, random numbers and tokens come from the seed and the place."""
    made = {"Type": "Pass", "Parameters": {"u.$": "States.UUID()"}, "End": True}
    definition = distributed(processor={"StartAt": "P", "States": {"P": made}})
    one, other = (run(definition, [1, 2, 3], seed=7) for _ in range(2))

    assert one.output == other.output
    assert len({item["u"] for item in one.output}) == 3


def test_a_machine_that_reads_a_bucket_nobody_knows_says_what_to_do():
    """It is a mistake of whoever runs it, so it raises."""
    with pytest.raises(NotSupported, match="Pass buckets="):
        run(distributed(ItemReader=reader(InputType="JSON")))


def test_a_bucket_that_is_no_folder_is_refused(tmp_path):
    """Before anything runs."""
    with pytest.raises(UsageError, match="is not a folder"):
        run(distributed(), [], buckets={"data": tmp_path / "nothing"})


def test_many_items_are_never_all_in_hand(bucket):
    """A source of many chunks; of children that succeeded none is kept, and all are counted."""
    (bucket / "items").write_text("\n".join(map(str, range(5_000))))
    execution = run(
        distributed(ItemReader=reader(InputType="JSONL"), ToleratedFailureCount=5, ResultPath=None),
        work=fails_for(17, 4_999),
        buckets={"data": bucket},
    )

    [map_run] = execution.map_runs
    assert (map_run.items["succeeded"], map_run.items["failed"]) == (4_998, 2)
    assert [child.input for child in map_run.children] == [17, 4_999]


def test_children_can_be_kept_as_lines_of_a_file(tmp_path):
    """With their histories."""
    folder = tmp_path / "children"
    folder.mkdir()
    execution = run(distributed(Label="L"), [1, 2], children=folder)

    [file] = folder.iterdir()
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [child["Output"] for child in told] == ["1", "2"]
    assert [event["type"] for event in told[0]["Events"]][-1] == "ExecutionSucceeded"
    assert execution.map_runs[0].children == []


def test_functions_of_children_run_side_by_side_in_real_time():
    """All are there before any goes on: they wait for each other."""
    count = 20

    async def main():
        everybody = asyncio.Barrier(count)

        async def work(item, context):
            await everybody.wait()
            return item

        machine = StateMachine.from_dict(distributed())
        return await machine.run_async(list(range(count)), {"Work": work})

    assert asyncio.run(main()).output == list(range(count))


def test_stopping_the_parent_aborts_its_children():
    """A branch fails beside the Map: the run is aborted, and history says so."""
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    bad = {"StartAt": "Late", "States": {"Late": {"Type": "Wait", "Seconds": 5, "Next": "F"}, "F": {"Type": "Fail"}}}
    definition = {
        "StartAt": "P",
        "States": {"P": {"Type": "Parallel", "Branches": [distributed(processor=waits), bad], "End": True}},
    }
    execution = run(definition, [1, 2])

    assert execution.duration == 5
    assert execution.map_runs[0].status == "ABORTED"
    assert execution.map_runs[0].items["aborted"] == 2
    assert "MapRunAborted" in types(execution)


def test_a_restored_execution_begins_its_map_run_anew():
    """The snapshot holds the plan, whatever is in it."""
    definition = distributed(
        ItemSelector={"v.$": "$$.Map.Item.Value"},
        ItemBatcher={"MaxItemsPerBatch": 2},
        ResultWriter={"WriterConfig": {"Transformation": "FLATTEN"}},
        ToleratedFailureCount=1,
    )
    program = StateMachine.from_dict(definition).program
    kernel = Kernel(program)
    kernel.handle(ExecutionStarted(START, [1, 2, 3], Identity("e")))
    restored = restore(program, json.loads(json.dumps(take(kernel))))
    work = Functions.of({"Work": lambda batch, _: [item["v"] for item in batch["Items"]]})
    VirtualDriver(restored, Performer(work)).resume()

    assert restored.output == [1, 2, 3]


def test_a_plan_with_everything_is_plain_data():
    """Reader, batcher and writer: what is read back is what was written down."""
    reading = Reading(False, {"Bucket": "data"}, input_type="CSV", csv_headers=["a"], max_items=5)
    batching = Batching(2, None, {"k": 1})
    plan = Plan(None, {"x": 1}, 7, 1, 2.5, reading, batching, Writing({"Bucket": "out"}, "JSONL", "NONE"))
    data = json.loads(json.dumps(plan_as_data(plan)))

    assert plan_as_data(plan_from_data(data)) == data
