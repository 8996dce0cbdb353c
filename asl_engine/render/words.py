"""What a state does, in two or three words: `Lambda · ChargeCard`, `Wait · 30 s`, `DynamoDB · putItem`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asl_engine.catalogue.resource import Activity, Integration, invoked_function, parse_resource, service_label
from asl_engine.model.failures import Retrier
from asl_engine.model.maps import ProcessorConfig
from asl_engine.model.states import Fail, Map, State, Task, Wait

_PATTERNS: Final = {"sync": "and wait", "sync:2": "and wait", "waitForTaskToken": "and wait for token"}


def kind_of_state(state: State) -> str:
    """Return the type of a state and the one detail that tells it from others of the type."""
    detail = _detail(state)
    if isinstance(state, Task):
        return detail or "Task"
    return f"{state.type} · {detail}" if detail else state.type


def _detail(state: State) -> str | None:
    if isinstance(state, Task):
        return _task(state)
    if isinstance(state, Wait):
        return _delay(state)
    if isinstance(state, Map):
        return _map(state)
    if isinstance(state, Fail):
        return state.error or state.error_path
    return None


def _task(task: Task) -> str:
    """Name the function, activity or service call behind a Resource."""
    resource = parse_resource(task.resource)
    name = task.resource.split(":")[-1]
    if isinstance(resource, Integration):
        return _integration(task, resource)
    if isinstance(resource, Activity):
        return f"Activity · {name}"
    if resource.is_lambda:
        return f"Lambda · {_function(task.resource)}"
    return f"Task · {name if task.resource.startswith('arn:') else task.resource}" if name else "Task"


def _integration(task: Task, resource: Integration) -> str:
    called = invoked_function(task.resource, task.parameters, task.arguments)
    words = [f"{service_label(resource)} · {_function(called) if called else resource.action}"]
    return " ".join(words + ([_PATTERNS.get(resource.pattern, resource.pattern)] if resource.pattern else []))


def _function(name: str) -> str:
    """Return the bare name of a function: without the rest of its ARN and without its version."""
    _, mark, tail = name.partition(":function:")
    return (tail if mark else name).split(":")[0] if not name.startswith("${") else name


def _delay(wait: Wait) -> str | None:
    if wait.seconds is not None:
        return _seconds(wait.seconds) if isinstance(wait.seconds, int) else wait.seconds
    if wait.seconds_path is not None:
        return f"{wait.seconds_path} s"
    until = wait.timestamp or wait.timestamp_path
    return f"until {until}" if until else None


def _seconds(count: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if count >= size and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count} s"


def _map(state: Map) -> str:
    processor = state.item_processor or state.iterator
    config: ProcessorConfig | None = processor.processor_config if processor else None
    mode = "distributed" if config is not None and config.mode == "DISTRIBUTED" else "for each item"
    at_once = state.max_concurrency_path or state.max_concurrency
    return f"{mode}, {at_once} at once" if at_once else mode


def retry_text(retriers: Sequence[Retrier]) -> str:
    """Return what is retried and how often, or nothing: `retry up to 3×`."""
    attempts = [retrier.max_attempts for retrier in retriers]
    numbers = [count for count in attempts if isinstance(count, int)]
    if not attempts or (len(numbers) == len(attempts) and not any(numbers)):
        return ""
    return f"retry up to {max(numbers)}×" if numbers else "retry"
