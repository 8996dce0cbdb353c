"""Rules about JSONata: what stands between `{%` and `%}`, and where that may stand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from asl_engine.diagnostics import Finding
from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.model.failures import Catcher
from asl_engine.rules.expressions import syntax_problem, texts
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.lang.jsonata import Expression

_JSONATA: Final = (
    "arguments", "output", "assign", "items", "item_selector", "condition", "batch_input", "credentials",
    "timeout_seconds", "heartbeat_seconds", "seconds", "timestamp", "error", "cause", "max_concurrency",
    "tolerated_failure_count", "tolerated_failure_percentage",
    "max_items", "max_items_per_batch", "max_input_bytes_per_batch",
)  # fmt: skip


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
    for site, name in _jsonata_fields(outline):
        for pointer, text in _strings(getattr(site.part, name), site.at(name)):
            if text.startswith("{%") != text.endswith("%}"):
                missing = "does not end with '%}'" if text.startswith("{%") else "does not begin with '{%'"
                yield Finding(pointer, f"this is half an expression: the string {missing}")


def _jsonata_fields(outline: Outline) -> Iterator[tuple[Site, str]]:
    for name in _JSONATA:
        for site in outline.having(name):
            if site.is_jsonata:
                yield site, name


def _strings(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield every string in a value with its pointer."""
    from asl_engine.source.places import escape

    pending: list[tuple[str, JSON]] = [(pointer, value)]
    while pending:
        at, item = pending.pop()
        if isinstance(item, str):
            yield at, item
        elif isinstance(item, dict):
            pending += [(f"{at}/{escape(key)}", child) for key, child in item.items()]
        elif isinstance(item, list):
            pending += [(f"{at}/{index}", child) for index, child in enumerate(item)]


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
    for site, name in _jsonata_fields(outline):
        for pointer, text in _strings(getattr(site.part, name), site.at(name)):
            if problem := _jsonata_problem(text):
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
    for site, name in _jsonata_fields(outline):
        for pointer, text in _strings(getattr(site.part, name), site.at(name)):
            for found in _read_at_top(text):
                told = f"Reference to '{found}' at the top level is not supported."
                yield Finding(pointer, f"{found!r} has no meaning at the top level", _instead(found), aws_text=told)


def _instead(found: str) -> str:
    if found.startswith("$"):
        return " The state's input is $states.input."
    return f" Write $states.input.{found} for a field of the input, or ${found} for a variable."


@lru_cache(maxsize=4096)
def _read_at_top(text: str) -> tuple[str, ...]:
    """Return what an expression reads of an input that is not there, each once."""
    expression = _read(text)
    return tuple(dict.fromkeys(name for name, _ in expression.reads())) if expression is not None else ()


def _read(text: str) -> Expression | None:
    """Return the expression of a string; None where it has none, or one that cannot be read (ASL409)."""
    from asl_engine.lang.aws_jsonata import is_expression, read_expression

    try:
        return read_expression(text) if is_expression(text) else None
    except ExpressionSyntaxError:
        return None


@rule("ASL411", "error-output-outside-catch", aws="UNSUPPORTED_JSONATA_EXPRESSION")
def error_output_outside_catch(outline: Outline) -> Iterator[Finding]:
    """`$states.errorOutput` is read where there is none: it exists in `Output` and `Assign` of a catcher only.

    Bad:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.errorOutput.Cause %}", "End": true}

    Good:
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Cause %}", "Next": "B"}]},
          "B": {"Type": "Succeed"}}}
    """
    for site, name in _jsonata_fields(outline):
        if isinstance(site.part, Catcher):
            continue
        for pointer, text in _strings(getattr(site.part, name), site.at(name)):
            if "errorOutput" in text and _reads_error_output(text):
                yield Finding(pointer, "$states.errorOutput is there only in Output and Assign of a catcher")


@lru_cache(maxsize=1024)
def _reads_error_output(text: str) -> bool:
    from asl_engine.lang.aws_jsonata import is_expression, read_expression, reads_states

    return is_expression(text) and not _jsonata_problem(text) and reads_states(read_expression(text), "errorOutput")


@lru_cache(maxsize=4096)
def _jsonata_problem(text: str) -> str:
    """Return what is wrong with an expression, in JSONata's words; nothing where it is none."""
    from asl_engine.lang.aws_jsonata import is_expression, read_expression

    return syntax_problem(read_expression)(text) if is_expression(text) else ""


_NUMBERS: Final = (
    "timeout_seconds", "heartbeat_seconds", "seconds", "max_concurrency", "tolerated_failure_count",
    "tolerated_failure_percentage", "max_items", "max_items_per_batch", "max_input_bytes_per_batch",
)  # fmt: skip


@rule("ASL407", "expression-in-jsonpath")
def expression_in_jsonpath(outline: Outline) -> Iterator[Finding]:
    """A number is given by a JSONata expression in a state that uses JSONPath.

    Bad:
        {"Type": "Wait", "Seconds": "{% 5 %}", "End": true}

    Good:
        {"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 5 %}", "End": true}
    """
    for site, name, value in texts(outline, _NUMBERS):
        if isinstance(value, str) and not is_open(value):
            near = " Use the field that ends in Path, or set QueryLanguage to JSONata."
            yield Finding(site.at(name), "a JSONPath state takes a number here, not an expression", near)
