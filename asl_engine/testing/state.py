"""One state of a workflow, tested by itself: what AWS calls TestState."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from asl_engine.engine import Moment, StateMachine, moment
from asl_engine.errors import MockError, UsageError
from asl_engine.inspection import Inspection, Setting, Subject, read_subject
from asl_engine.inspection.inspection import Status
from asl_engine.kernel.identity import Identity
from asl_engine.model import states as model
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.error import TaskError
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.testing.schedule import json_copy
from asl_engine.values import ABSENT, JSON


class StateResult:
    """What became of a state.

    `status` is SUCCEEDED, FAILED, RETRIABLE (a retrier would have the work done again, in `retry_in` seconds) or
    CAUGHT_ERROR. `next` is the state that follows. `stages` are what each stage of the data flow made, under AWS's
    names: `input`, `afterInputPath`, `afterParameters` or `afterArguments`, `result`, `afterResultSelector`,
    `afterResultPath`, and for a Map `afterItemsPath`, `afterItemSelector`, `afterItemBatcher`. `payload` is what the
    state's work was given. `retrier` and `catcher` are the positions of those that took the failure. `wait` is how many
    seconds a Wait takes. `variables` are those after the state.
    """

    def __init__(self, inspection: Inspection, payload: JSON) -> None:
        details = inspection.error_details
        self.status: Status = inspection.status
        self.output: JSON = None if inspection.output is ABSENT else inspection.output
        self.error = inspection.error
        self.cause = inspection.cause
        self.next = inspection.next_state
        self.payload: JSON = None if payload is ABSENT else payload
        self.stages: dict[str, Any] = {name: value for name, value in inspection.stages.items() if name != "variables"}
        self.variables = inspection.scope.variables
        self.retry_in = details.get("retryBackoffIntervalSeconds")
        self.retrier = details.get("retryIndex")
        self.catcher = details.get("catchIndex")
        self.wait = _wait(inspection)

    def __repr__(self) -> str:
        words = f"{self.error}: {self.cause}" if self.error is not None else f"output {self.output!r}"
        return f"<StateResult {self.status}, {words}, next {self.next!r}>"


def _wait(inspection: Inspection) -> float | None:
    if inspection.until is not None:
        return max(0.0, inspection.until - inspection.setting.now)
    return inspection.wait


class TestedState:
    """A state of a workflow, at any depth of it."""

    __test__ = False  # pytest takes classes of such names for tests

    def __init__(self, machine: StateMachine, name: str, start_time: Moment, seed: int) -> None:
        self.machine = machine
        self.name = name
        self.start_time = start_time
        self.seed = seed

    @cached_property
    def subject(self) -> Subject:
        """The state, read from the definition."""
        import json

        from asl_engine.source import parse_document

        text = self.machine.definition
        if not text.lstrip().startswith("{"):
            text = json.dumps(parse_document(text, format="yaml").value)
        return read_subject(text, self.name)

    def run(
        self,
        input: JSON = ABSENT,
        *,
        result: Any = ABSENT,
        variables: Mapping[str, JSON] | None = None,
        context: Mapping[str, JSON] | None = None,
        attempt: int = 0,
        failed_iterations: int | None = None,
        items_read: Sequence[JSON] | None = None,
    ) -> StateResult:
        """Run the state once, and tell what each stage of its data flow made.

        `result` is what its work gives: a JSON value, or an exception for a failure (a `TaskError` with just this error
        name and cause); for a Parallel or Map the array of what its branches or iterations gave. `context` replaces the
        context object that would be made. `attempt` says how many retries have been made. `failed_iterations` is how
        many iterations of a Map failed, and `items_read` what its `ItemReader` read.

        Raises MockError for a state whose work nobody does, and UsageError for what cannot be.
        """
        subject = self.subject
        self._check_attempt(attempt)
        for name, value in (("variables", variables), ("context", context)):
            if value is not None and not isinstance(value, Mapping):
                raise UsageError(f"{name}={value!r}: expected an object")
        setting = Setting(
            Identity("test", self.machine.name, type=self.machine.type),
            moment(self.start_time),
            self.seed,
            variables=json_copy(dict(variables or {}), "the variables"),
            context=None if context is None else json_copy(dict(context), "the context"),
            retries=attempt,
            failed_iterations=failed_iterations,
            items_read=None if items_read is None else list(items_read),
        )
        inspection = Inspection(subject, {} if input is ABSENT else json_copy(input, "the input"), setting)
        payload = inspection.enter()
        if inspection.status == "RUNNING":
            self._work(inspection, result)
        return StateResult(inspection, payload)

    def _work(self, inspection: Inspection, result: Any) -> None:
        if result is ABSENT:
            kind = inspection.state.type
            words = "result=..., a value, or an exception for a failure"
            raise MockError(f"the state {self.name!r} is a {kind}, and nobody does its work: pass {words}")
        if isinstance(result, type) and issubclass(result, Exception):
            result = result()
        if isinstance(result, Answer):
            if result.is_failure:
                inspection.fail(result.error, result.cause)
                return
            result = result.output
        if isinstance(result, Mock) or callable(result) or result is NO_ANSWER:
            words = "one state is given the result of its work: a value, or an exception for a failure"
            raise MockError(f"result={result!r}: {words}")
        if isinstance(result, TaskError):
            inspection.fail(result.error, result.cause)
        elif isinstance(result, Exception):
            inspection.fail(type(result).__name__, str(result))
        else:
            inspection.succeed(json_copy(result, "the result"))

    def _check_attempt(self, attempt: int) -> None:
        """Refuse a count of retries that the state's retriers could not have come to."""
        state = self.subject.state
        retriers = state.retry if isinstance(state, model.WorkState) else []
        most = sum(int(retrier.max_attempts) for retrier in retriers)
        if type(attempt) is not int or not 0 <= attempt <= most:
            allowed = f"its retriers allow {most} retries" if retriers else "it has no retriers, so only 0 is possible"
            raise UsageError(f"attempt={attempt!r} of state {self.name!r}: {allowed}")
