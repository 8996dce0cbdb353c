"""The mocks of a state under test: what may stand in for its work, in AWS's words."""

from __future__ import annotations

from typing import Any

from asl_engine.catalogue.resource import Resource, parse_resource
from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.mapruns.readers.documents import pointed_at
from asl_engine.model import states as model
from asl_engine.server.errors import ApiError
from asl_engine.tasks.integrations.replies import NOT_AN_OBJECT, reply_problem
from asl_engine.values import ABSENT, JSON, parse_json, private_copy

_OBJECT = "Mocked result must be a JSON object."
_ARRAY = "Mocked result must be an array."
_BRANCHES = "Mocked result must contain the same number of items as number of Parallel branches."
_LENGTH = "Input array does not equal the mocked result array's size"
_ITERATIONS = "Map iteration failure count must be less than or equal to the number of Map iterations"


def refusal(message: str) -> ApiError:
    """Return the error for a request that does not fit together."""
    return ApiError("ValidationException", message)


def check_mock(mock: dict[str, Any]) -> None:
    """Refuse a mock that is both a result and an error, or neither, and an error without a name."""
    if not mock.keys() & {"result", "errorOutput"}:
        raise refusal("One of the following fields is required for a test mock: [result, errorOutput].")
    if "result" in mock and "errorOutput" in mock:
        raise refusal("A test mock should have only one of the following fields: [result, errorOutput].")
    if "errorOutput" in mock and "error" not in mock["errorOutput"]:
        raise refusal("An error was not specified in the mocked error output.")


def mocked_result(mock: dict[str, Any], state: model.State) -> JSON:
    """Return the result that a mock gives, ABSENT when it gives an error; refuse one that the state could not have."""
    if not isinstance(state, (model.Task, model.Map, model.Parallel)):
        raise refusal(f"State type '{state.type}' is not supported when a mock is specified")
    if "result" not in mock:
        return ABSENT
    try:
        result = private_copy(parse_json(mock["result"]))  # which also refuses what is too deep, or infinite
    except ValueError:
        raise refusal("Mocked result must be valid JSON") from None
    if isinstance(state, model.Parallel):
        _check_branches(state, result)
    elif isinstance(state, model.Map):
        _check_results(state, result)
    else:
        check_against_api(parse_resource(state.resource), result, mock.get("fieldValidationMode", "STRICT"))
    return result


def _check_branches(state: model.Parallel, result: JSON) -> None:
    if not isinstance(result, list):
        raise refusal(_ARRAY)
    if len(result) != len(state.branches):
        raise refusal(_BRANCHES)


def _check_results(state: model.Map, result: JSON) -> None:
    """The result of a Map is an array, and with a `ResultWriter` an object that says where the results are."""
    if state.result_writer is not None:
        if not isinstance(result, dict):
            raise refusal(_OBJECT)
    elif not isinstance(result, list):
        raise refusal(_ARRAY)


def check_failures(failed_iterations: int | None, iterations: int) -> None:
    """Refuse more failures than a Map has iterations, which are those of its batches where it makes some."""
    if failed_iterations is not None and failed_iterations > iterations:
        raise refusal(_ITERATIONS)


def check_length(result: JSON, iterations: int) -> None:
    """Refuse an array with another number of results than the Map has iterations."""
    if isinstance(result, list) and len(result) != iterations:
        raise refusal(_LENGTH)


def items_read(state: model.State, data: JSON) -> list[JSON] | None:
    """Return the items in what an `ItemReader` is said to have read, where its `ItemsPointer` points."""
    reader = state.item_reader if isinstance(state, model.Map) else None
    if reader is None or data is ABSENT:
        if reader is not None:
            raise refusal("ItemReader data must be specified when testing a Map state with ItemReader specified.")
        return None
    pointer = reader.reader_config.items_pointer if reader.reader_config is not None else None
    if pointer is not None:
        try:
            return [item for item, _ in pointed_at(data, pointer)]
        except MapRunProblem as problem:
            raise refusal(str(problem)) from None
    if not isinstance(data, list):
        raise refusal("MapItemReaderData must be an array.")
    return data


def check_against_api(resource: Resource, result: JSON, mode: str) -> None:
    """Refuse a result that the API of a task's resource could not give, in AWS's words."""
    problem = reply_problem(resource, result, mode)
    if problem == NOT_AN_OBJECT:
        raise refusal("Mocked result must be a valid JSON object." if result is None else _OBJECT)
    if problem is None and mode != "NONE" and _has_parsed_payload(resource, result):
        problem = "Field 'Payload' must be a string"
    if problem is not None:
        raise refusal(f"Mock result schema validation error: {problem}")


def _has_parsed_payload(resource: Resource, result: JSON) -> bool:
    """Whether the payload of a Lambda function is given as JSON: TestState asks for its text (recorded, September
    2026), although executions have the JSON that is in it."""
    return resource.gives_envelope and isinstance(result, dict) and not isinstance(result.get("Payload", ""), str)
