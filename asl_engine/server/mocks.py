"""The mocks of a state under test: what may stand in for its work, in AWS's words."""

from __future__ import annotations

from typing import Any

from asl_engine.model import states as model
from asl_engine.program.resources import Resource, parse_resource
from asl_engine.server.errors import ApiError
from asl_engine.tasks.integrations.replies import NOT_AN_OBJECT, reply_problem
from asl_engine.values import ABSENT, JSON, parse_json, private_copy

_ARRAY = "Mocked result must be an array."
_BRANCHES = "Mocked result must contain the same number of items as number of Parallel branches."
_ITERATIONS = "Map iteration failure count must be less than or equal to the number of Map iterations"


def refusal(message: str) -> ApiError:
    """Return the error for a request that does not fit together."""
    return ApiError("ValidationException", message)


def check_mock(mock: dict[str, Any]) -> None:
    """Refuse a mock that is both a result and an error, or neither."""
    if ("result" in mock) == ("errorOutput" in mock):
        raise refusal("A test mock should have only one of the following fields: [result, errorOutput].")


def mocked_result(mock: dict[str, Any], state: model.State, failed_iterations: int | None) -> JSON:
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
        _check_iterations(state, result, failed_iterations)
    else:
        check_against_api(parse_resource(state.resource), result, mock.get("fieldValidationMode", "STRICT"))
    return result


def _check_branches(state: model.Parallel, result: JSON) -> None:
    if not isinstance(result, list):
        raise refusal(_ARRAY)
    if len(result) != len(state.branches):
        raise refusal(_BRANCHES)


def _check_iterations(state: model.Map, result: JSON, failed_iterations: int | None) -> None:
    """The result of a Map is an array, and with a `ResultWriter` an object that says where the results are."""
    if state.result_writer is not None:
        if not isinstance(result, dict):
            raise refusal("Mocked result must be a JSON object.")
    elif not isinstance(result, list):
        raise refusal(_ARRAY)
    elif failed_iterations is not None and failed_iterations > len(result):
        raise refusal(_ITERATIONS)


def check_against_api(resource: Resource, result: JSON, mode: str) -> None:
    """Refuse a result that the API of a task's resource could not give, in AWS's words."""
    problem = reply_problem(resource, result, mode)
    if problem == NOT_AN_OBJECT:
        raise refusal("Mocked result must be a JSON object.")
    if problem is not None:
        raise refusal(f"Mock result schema validation error: {problem}")
