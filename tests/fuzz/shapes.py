"""Definitions of many shapes, as long as is wished: `python tests/fuzz/shapes.py [LENGTH]` has all of them checked.

It prints the processor time of each, and ends with 1 where one takes more than SLOWEST seconds for each MiB.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from json import dumps
from typing import Any, Final

from asl_engine.rules.check import check_source

SLOWEST: Final = 12.0
"""Seconds for a MiB. The goal is 2; YAML and long lists of expressions of JSONata and filters are above it."""

PASS: Final = {"Type": "Pass", "End": True}
MACHINE: Final = '"Type": "AWS::StepFunctions::StateMachine", "Properties"'
INNER: Final = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'


def _alone(language: str = "JSONPath", **state: Any) -> str:
    return dumps({"QueryLanguage": language, "StartAt": "P", "States": {"P": {**PASS, **state}}})


def _walk(make: Callable[[int], dict[str, Any]], count: int, language: str = "JSONPath") -> str:
    states = {f"S{n}": {"Next": f"S{n + 1}", **make(n)} for n in range(count)}
    last = {f"S{count}": {"Type": "Succeed"}}
    return dumps({"QueryLanguage": language, "StartAt": "S0", "States": {**states, **last}})


def _rules(rules: list[Any]) -> str:
    choice = {"Type": "Choice", "Choices": rules, "Default": "E"}
    return dumps({"StartAt": "C", "States": {"C": choice, "E": {"Type": "Succeed"}}})


def _template(properties: Callable[[int], str], count: int) -> str:
    return '{"Resources": {' + ", ".join(f'"M{n}": {{{MACHINE}: {properties(n)}}}' for n in range(count)) + "}}"


def _yaml(head: str, line: str, count: int) -> str:
    return f"StartAt: P\nStates:\n  P:\n    Type: Pass\n    End: true\n{head}" + line * count


INVOKE: Final = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
PUT: Final = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"Nothing": 1}}
LONG: Final = dumps(INNER)

SHAPES: Final[dict[str, Callable[[int], str]]] = {
    "states": lambda n: _walk(lambda i: {"Type": "Pass"}, n),
    "tasks": lambda n: _walk(lambda i: {**INVOKE, "Retry": [{"ErrorEquals": ["States.ALL"]}]}, n),
    "wrong parameters": lambda n: _walk(lambda i: PUT, n),
    "dangling": lambda n: _walk(lambda i: {"Type": "Pass", "Next": f"T{i}"}, n),
    "assignments": lambda n: _walk(lambda i: {"Type": "Pass", "Assign": {f"v{i}": f"{{% $v{i} %}}"}}, n, "JSONata"),
    "rules": lambda n: _rules([{"Variable": "$.a", "NumericEquals": i, "Next": "E"} for i in range(n)]),
    "one rule": lambda n: _rules([{"And": [{"Variable": "$.a", "IsPresent": True}] * n, "Next": "E"}]),
    "paths": lambda n: _alone(Parameters={f"k{i}.$": f"$.a.b[{i}].c" for i in range(n)}),
    "filters": lambda n: _alone(Parameters={f"k{i}.$": f"$.a[?(@.b == {i} && @.c > 1)]" for i in range(n)}),
    "intrinsics": lambda n: _alone(Parameters={f"k{i}.$": f"States.Format('{{}}-{i}', $.a)" for i in range(n)}),
    "expressions": lambda n: _alone("JSONata", Output={f"k{i}": f"{{% $states.input.a + {i} %}}" for i in range(n)}),
    "functions": lambda n: _alone("JSONata", Output=[f"{{% $map([{i}], function($v) {{ $v }}) %}}" for i in range(n)]),
    "one expression": lambda n: _alone("JSONata", Output="{% [" + ", ".join(["$a.b"] * n) + "] %}"),
    "nested expression": lambda n: _alone("JSONata", Output="{% " + " + ".join(["1"] * n) + " %}"),
    "catchers": lambda n: _alone(Type="Task", Resource="f", Catch=[{"ErrorEquals": [f"E{i}"]} for i in range(n)]),
    "branches": lambda n: _alone(Type="Parallel", Branches=[{"StartAt": "A", "States": {"A": PASS}}] * n),
    "unknown fields": lambda n: _alone(**{f"Field{i}": i for i in range(n)}),
    "numbers": lambda n: _alone(Result=list(range(n))),
    "a long text": lambda n: _alone(Result="x" * n),
    "a long name": lambda n: dumps({"StartAt": "x" * n, "States": {"x" * n: PASS}}),
    "braces": lambda n: "{" * n,
    "placeholders": lambda n: '{"StartAt": "P", "States": {"P": [' + ", ".join(f"${{A{i}}}" for i in range(n)) + "]}}",
    "YAML in lines": lambda n: _yaml("    Result:\n", "      - a: b\n        c: d\n", n),
    "YAML in braces": lambda n: _yaml("    Result:\n", "      - {a: b, c: [d]}\n", n),
    "YAML text": lambda n: _yaml("    Comment: |\n", "      some words in a line\n", n),
    "YAML comments": lambda n: _yaml("", "# some words in a line\n", n),
    "YAML aliases": lambda n: _yaml(f"    Comment: &x {'y' * 500}\n    Result:\n", "      - *x\n", n),
    "template": lambda n: _template(lambda i: f'{{"Definition": {INNER}}}', n),
    "template, repeated keys": lambda n: _template(lambda i: f'{{"Definition": {INNER}, "Definition": {INNER}}}', n),
    "template of texts": lambda n: _template(lambda i: f'{{"DefinitionString": {LONG}}}', n),
}


def sized(make: Callable[[int], str], length: int) -> str:
    """Return the text of a shape that has nearly so many characters, and no more."""
    count = 10
    for _ in range(5):
        count = max(1, count * length // len(make(count)))
    while count > 1 and len(make(count)) > length:
        count -= 1 + count // 100
    return make(count)


def seconds(name: str, length: int) -> float:
    """Return the processor time that the check of a shape takes."""
    text = sized(SHAPES[name], length)
    ending = "template.json" if name.startswith("template") else "m.asl.yaml" if "YAML" in name else "m.asl.json"
    began = time.process_time()
    check_source(text, ending)
    return time.process_time() - began


def main(length: int) -> int:
    """Check every shape at a length; return 1 where one is too slow."""
    slow = 0
    for name in SHAPES:
        taken = seconds(name, length)
        per_mib = taken * 2**20 / length
        slow += per_mib > SLOWEST
        print(f"{name:25}{taken:8.2f} s{per_mib:8.2f} s/MiB", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 2**20))
