"""Mocked service integrations: the file in which test cases say what states answer.

The form is that of AWS Step Functions Local's MockConfigFile:

    {"StateMachines": {"Orders": {"TestCases": {"Happy": {"Charge": "charged"}}}},
     "MockedResponses": {"charged": {"0-1": {"Throw": {"Error": "Busy", "Cause": "..."}},
                                     "2": {"Return": {"id": 7}}}}}

The numbers are attempts: retries, and entering the state anew, count on. States that a test case does not name do their
real work.
"""

from __future__ import annotations

import re
from typing import Any, Final

from asl_engine.errors import UsageError
from asl_engine.tasks.invoke import Failure
from asl_engine.values import JSON

MAX_ATTEMPT: Final = 1_000_000
"""The highest number that an attempt may have: a range is no reason to use much memory or time."""

_ATTEMPTS = re.compile(r"(?P<first>[0-9]{1,7})(?:-(?P<last>[0-9]{1,7}))?")


class MockedResponse:
    """A named response: ranges of attempts, in order and without gaps, and the answer to each."""

    __slots__ = ("answers", "name")

    def __init__(self, name: str, answers: list[tuple[int, JSON | Failure]]) -> None:
        self.name = name
        self.answers = answers

    def at(self, attempt: int) -> JSON | Failure:
        """Return the answer to an attempt, counted from 0; a failure when the response says nothing of it."""
        for last, answer in self.answers:
            if attempt <= last:
                return answer
        message = f"The mocked response '{self.name}' has no answer to the attempt {attempt}."
        return Failure("States.Runtime", message)


class MockedStates:
    """A test case in one execution: it counts the attempts of each state."""

    def __init__(self, responses: dict[str, MockedResponse]) -> None:
        self._responses = responses
        self._made: dict[str, int] = {}

    def has(self, state: str) -> bool:
        """Whether the test case answers for a state."""
        return state in self._responses

    def next_answer(self, state: str) -> JSON | Failure:
        """Return the answer to the next attempt of a state."""
        attempt = self._made.get(state, 0)
        self._made[state] = attempt + 1
        return self._responses[state].at(attempt)


class MockConfig:
    """A MockConfigFile that was read. Raises UsageError, which says where, for what is none."""

    def __init__(self, config: JSON) -> None:
        top = _object(config, "the mock configuration", {"StateMachines", "MockedResponses"})
        responses = _object(top.get("MockedResponses", {}), "MockedResponses")
        self.responses = {name: _response(name, value) for name, value in responses.items()}
        self.cases: dict[str, dict[str, dict[str, MockedResponse]]] = {}
        for machine, value in _object(top.get("StateMachines", {}), "StateMachines").items():
            where = f"StateMachines.{machine}"
            cases = _object(_object(value, where, {"TestCases"}).get("TestCases", {}), f"{where}.TestCases")
            self.cases[machine] = {
                case: self._states(states, f"{where}.TestCases.{case}") for case, states in cases.items()
            }

    def _states(self, states: JSON, where: str) -> dict[str, MockedResponse]:
        answers = {}
        for state, response in _object(states, where).items():
            if not isinstance(response, str) or response not in self.responses:
                raise UsageError(f"{where}.{state}: there is no mocked response {response!r}")
            answers[state] = self.responses[response]
        return answers

    def states(self, machine: str, case: str) -> MockedStates:
        """Return a test case of a state machine, ready for one execution. Raises UsageError if there is none."""
        responses = self.cases.get(machine, {}).get(case)
        if responses is None:
            raise UsageError(f"the mock configuration has no test case {case!r} for the state machine {machine!r}")
        return MockedStates(responses)


def _object(value: Any, where: str, known: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} must be a JSON object")
    for name in value:
        if known is not None and name not in known:
            raise UsageError(f"{where} has the field {name!r}; known are {', '.join(sorted(known))}")
    return value


def _response(name: str, value: JSON) -> MockedResponse:
    """Read a response: its attempts may stand in any order, and together leave no gap."""
    answers = []
    for attempts, answer in _object(value, f"MockedResponses.{name}").items():
        where = f"MockedResponses.{name}.{attempts}"
        match = _ATTEMPTS.fullmatch(attempts)
        first, last = (int(match["first"]), int(match["last"] or match["first"])) if match else (1, 0)
        if not first <= last <= MAX_ATTEMPT:
            raise UsageError(f"{where}: attempts are written as '0' or '0-2'")
        answers.append((first, last, _answer(answer, where)))
    expected = 0
    for first, last, _ in sorted(answers, key=lambda entry: entry[0]):
        if first != expected:
            raise UsageError(f"MockedResponses.{name}: attempts begin with 0 and follow each other; {expected} is next")
        expected = last + 1
    return MockedResponse(name, [(last, answer) for _, last, answer in sorted(answers, key=lambda entry: entry[0])])


def _answer(value: JSON, where: str) -> JSON | Failure:
    answer = _object(value, where, {"Return", "Throw"})
    if len(answer) != 1:
        raise UsageError(f"{where} must have either Return or Throw")
    if "Return" in answer:
        returned: JSON = answer["Return"]
        return returned
    thrown = _object(answer["Throw"], f"{where}.Throw", {"Error", "Cause"})
    for name in ("Error", "Cause"):
        if not isinstance(thrown.get(name), str):
            raise UsageError(f"{where}.Throw must have the text {name}")
    return Failure(thrown["Error"], thrown["Cause"])
