"""Rules about the texts that hold an expression: paths, reference paths, payload templates, intrinsic calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.lang.jsonpath.intrinsic_functions import STRING_FUNCTIONS
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic, is_intrinsic
from asl_engine.lang.jsonpath.paths import compile_path, compile_reference_path
from asl_engine.lang.jsonpath.templates import template_problems
from asl_engine.model.kinds import PATH, REFERENCE_PATH, RESULT_PATH, TEMPLATE
from asl_engine.model.shape import fields_of_kind, fields_where
from asl_engine.model.states import Fail
from asl_engine.pointers import escape, value_at
from asl_engine.remembered import remembered
from asl_engine.rules.outline import Outline, Site, StateSite, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import JSON


def syntax_problem(compile_text: Callable[[str], object]) -> Callable[[str], str]:
    """Return a function that tells what is wrong with a text, or nothing; it remembers, as texts repeat."""

    @remembered(4096)
    def problem(text: str) -> str:
        try:
            compile_text(text)
        except ExpressionSyntaxError as error:
            return "" if is_open(text) else str(error) or "it cannot be read"
        return ""

    return problem


path_problem: Final = syntax_problem(compile_path)
reference_path_problem: Final = syntax_problem(compile_reference_path)
path_or_intrinsic_problem: Final = syntax_problem(compile_path_or_intrinsic)


@rule("ASL401", "not-a-path")
def not_a_path(outline: Outline) -> Iterator[Finding]:
    """A field that takes a JSONPath holds something else.

    A path starts with `$` (the data), `$$.` (the context object) or `$name` (a variable).

    Bad:
        {"Type": "Pass", "InputPath": "customer.id", "End": true}

    Good:
        {"Type": "Pass", "InputPath": "$.customer.id", "End": true}
    """
    for site, name, text in texts(outline, fields_of_kind(PATH)):
        if problem := path_problem(text):
            yield Finding(site.at(name), f"{text!r} is not a JSONPath: {_plain(problem)}")


def texts(outline: Outline, names: Iterable[str]) -> Iterator[tuple[Site, str, str]]:
    """Yield the texts of JSONPath fields, with where they stand."""
    for name in names:
        for site in outline.having(name):
            text = getattr(site.part, name)
            if text is not None and not site.is_jsonata:
                yield site, name, text


@rule("ASL402", "not-a-reference-path")
def not_a_reference_path(outline: Outline) -> Iterator[Finding]:
    """A field that takes a reference path holds something else: a reference path can only name a single place.

    So it has names and indexes, and neither wildcards nor filters, slices, or `..`.

    Bad:
        {"Type": "Wait", "SecondsPath": "$.delays[*]", "End": true}

        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "x", "IsNull": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"Type": "Wait", "SecondsPath": "$.delays[0]", "End": true}
    """
    for site, name, text in texts(outline, fields_of_kind(REFERENCE_PATH)):
        if problem := reference_path_problem(text):
            message = f"{text!r} is not a reference path: {_plain(problem)}"
            yield Finding(site.at(name), message, aws_text=_verbatim(problem))


def _plain(problem: str) -> str:
    """Return a problem without what the service says before it, and without a capital at its head."""
    reason = problem.removeprefix("Value is not a Reference Path: ")
    return reason[:1].lower() + reason[1:]


def _verbatim(problem: str) -> str:
    return problem if problem.startswith("Value is not") else f"Value is not a Reference Path: {problem}"


@rule("ASL403", "bad-result-path")
def bad_result_path(outline: Outline) -> Iterator[Finding]:
    """`ResultPath` is not a reference path into the state's input.

    It says where the result goes, so it can name neither a variable nor the context object; `null` throws the result
    away.

    Bad:
        {"Type": "Pass", "ResultPath": "$.a[*].b", "End": true}

        {"Type": "Pass", "ResultPath": "$total", "End": true}

    Good:
        {"Type": "Pass", "ResultPath": "$.a.b", "End": true}

        {"Type": "Pass", "ResultPath": null, "End": true}
    """
    for site, name, text in texts(outline, fields_of_kind(RESULT_PATH)):
        if problem := _result_path_problem(text):
            message = f"{text!r} cannot say where the result goes: {_plain(problem)}"
            yield Finding(site.at(name), message, aws_text=_verbatim(problem))


@remembered(4096)
def _result_path_problem(text: str) -> str:
    problem = reference_path_problem(text)
    if not problem and not is_open(text) and compile_path(text).root == "variable":
        return "a variable is set by Assign; ResultPath starts with '$.' or '$['"
    return problem


@rule("ASL408", "result-into-context", aws=None, severity=Severity.WARNING)
def result_into_context(outline: Outline) -> Iterator[Finding]:
    """`ResultPath` starts with `$$`, the context object, which cannot be written.

    Other engines use it so. Whether AWS refuses it was never recorded.

    Bad:
        {"Type": "Pass", "ResultPath": "$$.Credentials", "End": true}

    Good:
        {"Type": "Pass", "ResultPath": "$.Credentials", "End": true}
    """
    for site, name, text in texts(outline, fields_of_kind(RESULT_PATH)):
        if text.startswith("$$"):
            yield Finding(site.at(name), f"{text!r} names the context object, which cannot be written")


@rule("ASL404", "bad-payload-template")
def bad_payload_template(outline: Outline) -> Iterator[Finding]:
    """A key that ends in `.$` has neither a path nor a well-formed intrinsic call.

    In `Parameters`, `ResultSelector`, `ItemSelector`, `Assign` and `Credentials` a key `name.$` takes its value from a
    JSONPath or a call such as `States.Format('{} items', $.count)`. Names, number and types of arguments are
    checked; strings in calls stand in single quotes.

    Bad:
        {"Type": "Pass", "Parameters": {"id.$": "orderId"}, "End": true}

        {"Type": "Pass", "Parameters": {"id.$": "States.Default($.id, 7)"}, "End": true}

        {"Type": "Pass", "Parameters": {"id.$": "$.id", "id": 7}, "End": true}

    Good:
        {"Type": "Pass", "Parameters": {"id.$": "$.orderId", "at.$": "$$.State.EnteredTime"}, "End": true}
    """
    for name in fields_of_kind(TEMPLATE, language="JSONPath"):
        for site in outline.having(name):
            if not site.is_jsonata:
                yield from _template_findings(site, name, getattr(site.part, name))


def _template_findings(site: Site, name: str, template: JSON) -> Iterator[Finding]:
    if _is_sound(template):
        return
    at = site.at(name)
    for problem in template_problems(template):
        text = _text_at(template, problem.pointer, problem.field)
        if not (isinstance(text, str) and is_open(text)):
            pointer = f"{at}{problem.pointer}/{escape(problem.field)}"
            message = f"{problem.field!r} needs a JSONPath or an intrinsic call: {problem.reason}"
            yield Finding(pointer, message, aws_text=str(problem), aws_at=at + problem.pointer)


def _is_sound(template: JSON) -> bool:
    """Tell, without the cost of saying what is wrong, that nothing is: true of nearly every template."""
    if type(template) is list:
        return all(_is_sound(item) for item in template)
    if type(template) is not dict:
        return True
    for key, item in template.items():
        if key.endswith(".$"):
            if type(item) is not str or key[:-2] in template or path_or_intrinsic_problem(item):
                return False
        elif (type(item) is dict or type(item) is list) and not _is_sound(item):
            return False
    return True


def _text_at(template: JSON, pointer: str, key: str) -> JSON:
    return value_at(template, pointer)[key]


@rule("ASL405", "bad-error-path")
def bad_error_path(outline: Outline) -> Iterator[Finding]:
    """`ErrorPath` or `CausePath` of a Fail state is neither a path nor an intrinsic call that gives a string.

    Bad:
        {"Type": "Fail", "ErrorPath": "error.name"}

        {"Type": "Fail", "CausePath": "States.MathAdd($.a, 1)"}

    Good:
        {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "States.Format('{} is missing', $.what)"}
    """
    for site in outline.of(Fail):
        for name in ("error_path", "cause_path"):
            text = getattr(site.part, name)
            if text is not None and (problem := _string_problem(text)):
                yield Finding(site.at(name), f"{text!r} cannot give a text: {_plain(problem)}")


@remembered(1024)
def _string_problem(text: str) -> str:
    problem = path_or_intrinsic_problem(text)
    called = text.strip().partition("(")[0].strip()
    if not problem and is_intrinsic(text) and called not in STRING_FUNCTIONS:
        return f"{called} gives no string; those that do are {', '.join(sorted(STRING_FUNCTIONS))}"
    return problem


def dynamic_texts(outline: Outline) -> list[tuple[StateSite, str, str]]:
    """Return every text that is evaluated, in either language, with its state and its pointer; ask for it with
    `outline.once`."""
    return [(site, pointer, text) for site in outline.states for pointer, text, _ in site.texts]


_JSONATA_FIELDS: Final = fields_where(lambda kind: kind.is_evaluated("JSONata"))


def jsonata_fields(outline: Outline) -> Iterator[tuple[Site, str]]:
    """Yield the fields that take JSONata, where the author wrote them."""
    for name in _JSONATA_FIELDS:
        for site in outline.having(name):
            if site.is_jsonata:
                yield site, name
