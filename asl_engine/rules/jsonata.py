"""Rules about JSONata: what stands between `{%` and `%}`, and where that may stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.errors import did_you_mean
from asl_engine.model.failures import Catcher
from asl_engine.model.kinds import NUMBER
from asl_engine.model.shape import fields_of_kind
from asl_engine.model.states import Map, Parallel, Task
from asl_engine.pointers import texts as texts_in
from asl_engine.rules.expressions import jsonata_fields, texts
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.readings import NOTHING, readings
from asl_engine.rules.registry import rule


@rule("ASL406", "half-open-expression", aws="INVALID_JSONATA_EXPRESSION")
def half_open_expression(outline: Outline) -> Iterator[Finding]:
    """A JSONata string has one of the delimiters `{%` and `%}` and lacks the other.

    An expression is a whole string: it begins with `{%` and ends with `%}`, without blanks outside of them.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 + 1", "End": true}

        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": "{% 1 + 1 %} "}, "End": true}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 + 1 %}", "End": true}
    """
    for site, name in jsonata_fields(outline):
        for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
            if text.startswith("{%") != text.endswith("%}"):
                missing = "does not end with '%}'" if text.startswith("{%") else "does not begin with '{%'"
                yield Finding(pointer, f"this is half an expression: the string {missing}")


@rule("ASL409", "bad-jsonata", aws="INVALID_JSONATA_EXPRESSION")
def bad_jsonata(outline: Outline) -> Iterator[Finding]:
    """What stands between `{%` and `%}` is not an expression of JSONata.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a + %}", "End": true}

        {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"a": [1, "{% [1, 2 %}"]}, "End": true}

        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Condition": "{% $x = 'a %}", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.a + 1 %}", "End": true}

        {"Type": "Pass", "Result": "{% not JSONata here", "End": true}
    """
    for site, name in jsonata_fields(outline):
        for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
            if problem := outline.once(readings).get(text, NOTHING).problem:
                yield Finding(pointer, f"this is not JSONata: {problem[:1].lower()}{problem[1:]}", aws_text=problem)


@rule("ASL410", "no-input-at-top-level", aws="UNSUPPORTED_JSONATA_EXPRESSION")
def no_input_at_top_level(outline: Outline) -> Iterator[Finding]:
    """An expression reads `$`, `$$` or a bare name where nothing is there to be read.

    In Step Functions an expression has no input of its own: the state's input is `$states.input`, and variables begin
    with a dollar sign. Inside of a path, a predicate or a function `$` and bare names mean what they always mean.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% order.id %}", "End": true}

        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"all": "{% $count($.items) %}"}, "End": true}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.items[price > 5].($.name) %}",
          "End": true}
    """
    for site, name in jsonata_fields(outline):
        for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
            for read in outline.once(readings).get(text, NOTHING).at_top:
                aws_text = f"Reference to '{read}' at the top level is not supported."
                yield Finding(pointer, f"{read!r} has no meaning at the top level", _instead(read), aws_text=aws_text)


def _instead(name: str) -> str:
    if name.startswith("$"):
        return " The state's input is $states.input."
    return f" Write $states.input.{name} for a field of the input, or ${name} for a variable."


@rule("ASL411", "not-in-states", aws="UNSUPPORTED_JSONATA_EXPRESSION")
def not_in_states(outline: Outline) -> Iterator[Finding]:
    """An expression reads a part of `$states` that is not there.

    `$states` has `input` and `context` everywhere, `result` in `Output` and `Assign` of a Task, Map or Parallel, and
    `errorOutput` in `Output` and `Assign` of a catcher.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.errorOutput.Cause %}", "End": true}

        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.Input.id %}", "End": true}

        {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
          "Arguments": {"id": "{% $states.result.id %}"}, "End": true}

    Good:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
            "Output": "{% $states.result %}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Cause %}", "Next": "B"}]},
          "B": {"Type": "Succeed"}}}
    """
    for site, name in jsonata_fields(outline):
        for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
            for member in outline.once(readings).get(text, NOTHING).states:
                if problem := _states_problem(site, name, member):
                    near = did_you_mean(member, MEMBERS) if member not in MEMBERS else ""
                    yield Finding(pointer, problem, near, aws_text=f"Field '$states.{member}' does not exist.")


MEMBERS: Final = ["input", "context", "result", "errorOutput"]
"""The parts of `$states`."""


def _states_problem(site: Site, name: str, member: str) -> str:
    if member not in MEMBERS:
        return f"$states has no part {member!r}; it has input, context, result and errorOutput"
    is_exit = name in ("output", "assign")
    if member == "errorOutput" and not (is_exit and isinstance(site.part, Catcher)):
        return "$states.errorOutput is there only in Output and Assign of a catcher"
    if member == "result" and not (is_exit and isinstance(site.part, (Task, Map, Parallel))):
        return "$states.result is there only in Output and Assign of a Task, Map or Parallel"
    return ""


@rule("ASL412", "no-eval", aws=None, severity=Severity.WARNING)
def no_eval(outline: Outline) -> Iterator[Finding]:
    """An expression calls `$eval`, which Step Functions does not have: the state fails.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $eval('[1, 2]') %}", "End": true}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $parse('[1, 2]') %}", "End": true}
    """
    for site, name in jsonata_fields(outline):
        for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
            if outline.once(readings).get(text, NOTHING).calls_eval:
                yield Finding(pointer, "$eval is not there in Step Functions", " For JSON there is $parse.")


@rule("ASL413", "condition-not-boolean", aws=None, severity=Severity.WARNING)
def condition_not_boolean(outline: Outline) -> Iterator[Finding]:
    """The `Condition` of a rule is sure to give no boolean, and fails the state.

    Bad:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Condition": "{% 1 + 1 %}", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Condition": "{% $states.input.n + 1 = 2 %}", "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.having("condition"):
        if site.is_jsonata and isinstance(site.part.condition, str):
            reading = outline.once(readings).get(site.part.condition, NOTHING)
            if reading.gives:
                message = f"the condition gives {reading.gives}, and must give true or false"
                yield Finding(site.at("condition"), message)


@rule("ASL414", "not-in-error-output", aws=None, severity=Severity.WARNING)
def not_in_error_output(outline: Outline) -> Iterator[Finding]:
    """An expression reads a member of `$states.errorOutput` that is never there: it has `Error` and `Cause`.

    Bad:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.message %}", "Next": "B"}]},
          "B": {"Type": "Succeed"}}}

    Good:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Cause %}", "Next": "B"}]},
          "B": {"Type": "Succeed"}}}
    """
    for site, name in jsonata_fields(outline):
        if isinstance(site.part, Catcher):
            for pointer, _, text in texts_in(getattr(site.part, name), site.at(name)):
                for member in outline.once(readings).get(text, NOTHING).error_output:
                    if member not in ("Error", "Cause"):
                        message = f"$states.errorOutput has Error and Cause, and no {member!r}"
                        yield Finding(pointer, message, did_you_mean(member, ["Error", "Cause"]))


@rule("ASL407", "expression-in-jsonpath")
def expression_in_jsonpath(outline: Outline) -> Iterator[Finding]:
    """A number is given by a JSONata expression in a state that uses JSONPath.

    Bad:
        {"Type": "Wait", "Seconds": "{% 5 %}", "End": true}

    Good:
        {"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 5 %}", "End": true}
    """
    for site, name, value in texts(outline, fields_of_kind(NUMBER)):
        if isinstance(value, str) and not is_open(value):
            near = " Use the field that ends in Path, or set QueryLanguage to JSONata."
            yield Finding(site.at(name), "a JSONPath state takes a number here, not an expression", near)
