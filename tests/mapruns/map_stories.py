"""What the stories of Map Runs share: a machine with one distributed Map."""

from __future__ import annotations

from typing import Any

from asl_engine import Execution, StateMachine

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
