"""Fuzzes the check of definitions and templates, in JSON and YAML; `--seconds N --seed S`.

Small sound definitions are changed at some places: fields go, come, or hold what does not belong there; in a third of
the cases the text is changed, too. A check never raises, and both forms of its report can be printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from campaign import main

from asl_engine.rules.check import check_source
from asl_engine.rules.selection import EVERY

INNER: Final = [
    {"StartAt": f"I{n}", "States": {f"I{n}": {"Type": "Pass", "Assign": {f"v{n}": 1}, "End": True}}} for n in range(3)
]
STATES: Final[dict[str, Any]] = {
    "P": {"Type": "Pass", "Result": {"a": [1, "x"]}, "ResultPath": "$.r", "Assign": {"v.$": "$.a"}, "Next": "C"},
    "C": {"Type": "Choice", "Choices": [
        {"And": [{"Variable": "$.a", "NumericEquals": 1}, {"Not": {"Variable": "$.b", "IsPresent": True}}],
            "Next": "T"},
    ], "Default": "W"},
    "T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {
        "QueueUrl": "q", "MessageBody.$":
        "States.Format('{}', $.a)"}, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["E"], "Next": "F", "ResultPath": "$.e"}], "TimeoutSeconds": 9, "Next": "M"},
    "J": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a + $v %}", "Next": "W"},
    "M": {"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 2, "ItemProcessor": {**INNER[0], "ProcessorConfig": {
        "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}, "Label": "L", "Next": "J"},
    "B": {"Type": "Parallel", "Branches": INNER[1:], "End": True},
    "W": {"Type": "Wait", "Seconds": 5, "Next": "B"},
    "F": {"Type": "Fail", "Error": "E", "CausePath": "$.c"},
}  # fmt: skip
DEFINITION: Final = {"Comment": "c", "StartAt": "P", "TimeoutSeconds": 99, "States": STATES}
SCALARS: Final = (
    None, True, 0, -1, 2.5, 10**30, 1e308, "", "x", "$", "$.a[?(@.b)]", "$$.x", "$v", "States.Array(", "{% $x( %}",
    "{% a %}",
    "${Name}", "{%", "P", "W", "Pass", "JSONata", "States.ALL", "\ud800", "\x1b[2J", "é" * 90, "x" * 5_000, "!Ref a",
)  # fmt: skip
NAMES: Final = ("Next", "End", "Type", "Retry", "Catch", "Choices", "States", "StartAt", "a.$", "Assign", "Output",
    "ItemReader", "Branches", "/~", "", "Resources", "Fn::Sub", "Iterator", "Seconds", "Credentials")  # fmt: skip


class Case(NamedTuple):
    """A text, and the name of the file that it would stand in."""

    name: str
    text: str


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every holder in a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *_places(value[key]))]


def _change(value: Any, chance: Random) -> None:
    holder, key = chance.choice(_places(value) or [({}, "")])
    other, other_key = chance.choice(_places(value) or [({"": 1}, "")])
    part = json.loads(json.dumps(other[other_key]))
    action = chance.randrange(5)
    if action == 0 and key != "" and holder:
        del holder[key]
    elif isinstance(holder, dict) and action == 1:
        holder[chance.choice(NAMES)] = part
    else:
        holder[key] = chance.choice((part, [part], {chance.choice(NAMES): part}, *SCALARS))


def make(chance: Random) -> Case:
    """Return a definition or a template that was sound once."""
    value: Any = json.loads(json.dumps(DEFINITION))
    if chance.random() < 0.3:
        whole = chance.choice((value, json.dumps(value), {"Fn::Sub": json.dumps(value)}))
        field = "DefinitionString" if isinstance(whole, str) else "Definition"
        value = {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {field: whole}}}}
    for _ in range(chance.randrange(6)):
        _change(value, chance)
    text = json.dumps(value, indent=chance.choice((None, 2)), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.3:
        at = chance.randrange(len(text) + 1)
        text = (
            text[:at]
            + chance.choice([*'{}[]",:\\\n\t#&*!|>-', "${", "<<: *a", "&a "])
            + text[at + chance.randrange(9) :]
        )
    return Case(chance.choice(("m.json", "m.yaml", "m")), text)


def attempt(case: Case) -> str:
    """Check a case, and say how that ended."""
    report = check_source(case.text, case.name, "STANDARD", EVERY)
    report.text()
    report.json()
    return "valid" if report.valid else "refused"


if __name__ == "__main__":
    main(make, attempt, "Fuzz the check of definitions and templates.")
