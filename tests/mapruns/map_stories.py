"""What the stories of Map Runs share: machines with distributed Maps, and who sees all that happens in them."""

from __future__ import annotations

from typing import Any

from conftest import chain

from asl_engine import Answer, Execution, Functions, StateMachine
from asl_engine.drivers.hooks import NO_HOOKS
from asl_engine.history import read_events
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family import Watcher
from asl_engine.tasks.perform import Performer

START = 1_700_000_000.0


def distributed(kind: str = "STANDARD", processor: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a machine of one distributed Map, whose children call the function `Work` unless a processor is given."""
    work = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "Work", "End": True}}}
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    state = {"Type": "Map", "ItemProcessor": {**mode, **(processor or work)}, "End": True, **fields}
    return {"StartAt": "Each", "States": {"Each": state}}


def reader(key: str = "items", **config: Any) -> dict[str, Any]:
    """Return an ItemReader of an object in the bucket `data`."""
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": "data", "Key": key},
    }


def run(definition: dict[str, Any], input: Any = None, work: Any = lambda item, _: item, **options: Any) -> Execution:
    """Run a definition in virtual time."""
    given = {} if input is None else input
    return StateMachine.from_dict(definition).run(given, {"Work": work}, start_time=START, **options)


class Following(Watcher):
    """Remembers how each child ended, also across restores."""

    keeps_history = True
    max_unsuccessful = float("inf")

    def __init__(self):
        self.ends = []

    def child_ended(self, run, child):
        kernel = child.kernel
        self.ends.append((kernel.parent_op, kernel.status, kernel.output, kernel.cause, read_events(kernel.records)))


def work_of():
    """Return functions that fail for some items at first, and people who take their time."""
    seen = []

    def work(item, context):
        seen.append(item)
        if isinstance(item, int) and item % 4 == 2 and seen.count(item) == 1:
            raise ValueError(item)
        return {"item": item, "times": seen.count(item)}

    def ask(event, context):
        return Answer(event["n"], after=5 + event["n"])

    return Functions({"Work": work, "ask": ask})


def everything(driver_class, machine, input, objects, redrives):
    """Run with a kind of driver, and redrive what failed; return all that can be seen of it."""
    watcher = Following()
    driver = driver_class(Kernel(machine.program), Performer(work_of()), NO_HOOKS, objects, watcher)
    driver.run(ExecutionStarted(START, input, Identity("run-0"), 0))
    for _ in range(redrives):
        assert driver.kernel.status == "FAILED"
        driver.run(ExecutionRedriven(driver.kernel.now + 100))
    kernel = driver.kernel
    end = kernel.status, kernel.output, kernel.error, kernel.cause, kernel.now, read_events(kernel.records)
    return end, watcher.ends, getattr(driver, "forgotten", None)


ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"n.$": "$", "token.$": "$$.Task.Token"}},
}
WORK = {"Type": "Task", "Resource": "Work"}
INNER = distributed(MaxConcurrency=2, ToleratedFailureCount=9)["States"]["Each"]
del INNER["End"]
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out"}}
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "JitterStrategy": "FULL"}]

STORIES = {
    "children that wait": (
        distributed(processor=chain(W={"Type": "Wait", "SecondsPath": "$"}, P={"Type": "Pass"}), MaxConcurrency=2),
        [3, 1, 2],
        0,
    ),
    "children that are asked": (distributed(processor=chain(A=ASK), MaxConcurrency=2), [3, 1, 2], 0),
    "Express children with retries": (distributed("EXPRESS", chain(T={**WORK, "Retry": RETRY})), [1, 2, 3, 6], 0),
    "Express children that are redriven": (distributed("EXPRESS", MaxConcurrency=2), [1, 2, 3], 1),
    "children that are redriven": (distributed(MaxConcurrency=2), [1, 2, 3, 6, 5], 2),
    "a Map that is retried": (distributed(MaxConcurrency=1, Retry=RETRY), [1, 2, 3], 0),
    "failures within what is tolerated": (distributed(ToleratedFailurePercentage=60, MaxConcurrency=1), [1, 2, 3], 0),
    "batches of what is read": (
        distributed(ItemReader=reader("few", InputType="JSON"), ItemBatcher={"MaxItemsPerBatch": 3}, MaxConcurrency=1),
        {},
        0,
    ),
    "more than is read at a time": (
        distributed(
            "EXPRESS", chain(P={"Type": "Pass"}), ItemReader=reader("many", InputType="JSON"), ResultWriter=WRITER
        ),
        {},
        0,
    ),
    "results that are written, in vain at first": (
        distributed(ResultWriter=WRITER, MaxConcurrency=1, ToleratedFailureCount=0),
        [1, 2, 3],
        1,
    ),
    "Map Runs in children": (
        distributed(processor=chain(P={"Type": "Pass"}, N=INNER, Z={"Type": "Pass"})),
        [[1, 2], [3]],
        0,
    ),
    "branches with Map Runs of which one fails": (
        chain(
            P={
                "Type": "Parallel",
                "Branches": [
                    distributed(processor=chain(W={"Type": "Wait", "Seconds": 9})),
                    chain(V={"Type": "Wait", "Seconds": 4}, T=WORK | {"Parameters": 2}),
                ],
            }
        ),
        [1, 3],
        1,
    ),
}
