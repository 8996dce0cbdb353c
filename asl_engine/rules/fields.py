"""Rules about which fields a part may have: by query language, and which exclude one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding
from asl_engine.model.choice import OPERATORS
from asl_engine.model.kinds import JSONATA, JSONPATH
from asl_engine.model.shape import PARTS, fields_where, kinds_of
from asl_engine.rules.outline import Outline, Site
from asl_engine.rules.registry import rule

_JSONPATH_ONLY: Final = set(fields_where(lambda kind: kind.languages == JSONPATH)) - OPERATORS
"""Fields that only JSONPath has; a rule with an operator has a `Variable`, of which to speak is enough."""

_JSONATA_ONLY: Final = fields_where(lambda kind: kind.languages == JSONATA)

_INSTEAD: Final = {
    "parameters": "Arguments",
    "result_selector": "Output",
    "result_path": "Output or Assign",
    "result": "Output",
    "input_path": "Arguments or Output",
    "output_path": "Output",
    "items_path": "Items",
    "arguments": "Parameters",
    "output": "ResultSelector, ResultPath or OutputPath",
    "items": "ItemsPath",
    "condition": "Variable and an operator",
    "variable": "Condition",
    "and_": "Condition",
    "or_": "Condition",
    "not_": "Condition",
}


@rule("ASL301", "field-of-other-language")
def field_of_other_language(outline: Outline) -> Iterator[Finding]:
    """A field belongs to the query language that the state does not use.

    `QueryLanguage` is set for the whole state machine or for one state; states inside Parallel and Map follow the
    machine and not the state around them. JSONPath has `InputPath`, `Parameters`, `ResultSelector`, `ResultPath`,
    `OutputPath` and all fields that end in `Path`; JSONata has `Arguments`, `Output`, `Items` and `Condition`.

    Bad:
        {"Type": "Pass", "Output": {"a": 1}, "End": true}

        {"Type": "Pass", "QueryLanguage": "JSONata", "Parameters": {"a": 1}, "End": true}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": 1}, "End": true}
    """
    for name in _JSONPATH_ONLY:
        for site in outline.having(name):
            if site.is_jsonata:
                yield _foreign_field(site, name)
    for name in _JSONATA_ONLY:
        for site in outline.having(name):
            if not site.is_jsonata:
                yield _foreign_field(site, name)


def _foreign_field(site: Site, name: str) -> Finding:
    written = site.written(name)
    other = "JSONPath" if site.is_jsonata else "JSONata"
    near = f" In {site.language} use {_INSTEAD[name]}." if name in _INSTEAD else ""
    message = f"{written!r} is a field of {other}, and the query language here is {site.language}"
    text = (
        f"The QueryLanguage is set to '{site.language}', but field '{written}'"
        f" is only supported for the '{other}' QueryLanguage"
    )
    return Finding(site.at(name), message, near, on_key=True, aws_text=text, aws_at=site.pointer)


@rule("ASL302", "query-language-downgrade")
def query_language_downgrade(outline: Outline) -> Iterator[Finding]:
    """A state says JSONPath in a state machine that says JSONata.

    The other way round is allowed: states of a JSONPath machine may use JSONata, one by one.

    Bad:
        {"QueryLanguage": "JSONata", "StartAt": "A",
         "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}}

    Good:
        {"QueryLanguage": "JSONPath", "StartAt": "A",
         "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONata", "End": true}}}
    """
    if outline.machine is None or outline.machine.query_language != "JSONata":
        return
    text = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    for site in outline.having("query_language"):
        if site.part.query_language == "JSONPath":
            message = "a state cannot use JSONPath when the state machine uses JSONata"
            yield Finding(site.at("query_language"), message, aws_text=text, aws_at=site.pointer)


@rule("ASL304", "null-field")
def null_field(outline: Outline) -> Iterator[Finding]:
    """A field is null that must hold something or not be there at all.

    Null has a meaning for `InputPath`, `OutputPath` and `ResultPath` (nothing, nothing, thrown away), and may stand
    in data.

    Bad:
        {"Type": "Map", "ItemsPath": null, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Pass", "InputPath": null, "Result": null, "End": true}
    """
    if outline.document is None or not outline.document.may_hold_null:
        return
    for site in outline.sites():
        declared = type(site.part).model_fields
        for name in site.fields:  # where null says the same as leaving the field out, it says nothing
            if getattr(site.part, name) is None and declared[name].default is None:
                yield Finding(site.at(name), f"{site.written(name)} cannot be null; leave it out", on_key=True)


_TWINS: Final = sorted({(kind.twin, name) for part in PARTS for name, kind in kinds_of(part).items() if kind.twin})


@rule("ASL303", "exclusive-fields")
def exclusive_fields(outline: Outline) -> Iterator[Finding]:
    """Two fields say the same thing, one as a constant and one as a path; only one of them may be there.

    Bad:
        {"Type": "Fail", "Error": "Refused", "ErrorPath": "$.error"}

        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}

    Good:
        {"Type": "Fail", "ErrorPath": "$.error", "Cause": "No stock"}
    """
    for constant, path in _TWINS:
        for site in outline.having(path):
            if constant in site.fields:
                message = f"{site.written(constant)} and {site.written(path)} exclude each other; keep one of them"
                yield Finding(site.at(path), message, on_key=True, aws_at=site.pointer)
