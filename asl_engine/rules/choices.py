"""Rules about Choice states."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.choice import OPERATORS, ChoiceRule
from asl_engine.model.states import Choice
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule
from asl_engine.rules.timing import is_timestamp


@rule("ASL601", "empty-choices")
def empty_choices(outline: Outline) -> Iterator[Finding]:
    """A list of rules is empty: `Choices`, `And` or `Or`.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [], "Default": "B"}, "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.of(Choice):
        if not site.part.choices:
            yield _empty(site, "choices")
    for name in ("and_", "or_"):
        for rule_site in outline.having(name):
            if getattr(rule_site.part, name) == []:
                yield _empty(rule_site, name)


def _empty(site: Site, name: str) -> Finding:
    return Finding(site.at(name), f"{site.written(name)} holds no rule", on_key=True, aws_text="Value cannot be empty")


@rule("ASL602", "choice-without-next")
def choice_without_next(outline: Outline) -> Iterator[Finding]:
    """A rule of `Choices` does not say where to go.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "IsNull": true}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.rules:
        if site.is_top and site.part.next is None and not outline.is_unclear(site.at("next")):
            text = "These fields are required: [Next]"
            yield Finding(site.pointer, "a rule of Choices needs Next", aws_text=text)


@rule("ASL603", "next-in-nested-rule")
def next_in_nested_rule(outline: Outline) -> Iterator[Finding]:
    """A rule inside `And`, `Or` or `Not` says where to go; only the outermost rule may.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Not": {"Variable": "$.x", "IsNull": true, "Next": "B"}, "Next": "B"}]},
          "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Not": {"Variable": "$.x", "IsNull": true}, "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.rules:
        if not site.is_top and "next" in site.fields:
            message = "only the outermost rule says where to go; this one is nested"
            text = "Field 'Next' is not supported"
            yield Finding(site.at("next"), message, on_key=True, aws_text=text, aws_at=site.pointer)


@rule("ASL604", "choice-rule-form")
def choice_rule_form(outline: Outline) -> Iterator[Finding]:
    """A rule is not of exactly one form.

    In JSONPath a rule has `Variable` and one operator, or one of `And`, `Or`, `Not`. In JSONata it has a `Condition`.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "IsNull": true, "IsPresent": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}

        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}

        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Condition": "{% $states.input.x %}", "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.rules:
        problem, text = _jsonata_form(site) if site.is_jsonata else _jsonpath_form(site)
        if problem:
            yield Finding(site.pointer, problem, aws_text=text)


def _jsonata_form(site: Site) -> tuple[str, str]:
    if "condition" in site.fields or not site.fields.isdisjoint(("variable", "and_", "or_", "not_")):
        return "", ""
    return "the rule has no Condition", "These fields are required: [Condition]"


def _jsonpath_form(site: Site) -> tuple[str, str]:
    fields = site.fields
    if "condition" in fields:
        return "", ""
    combined = fields & {"and_", "or_", "not_"}
    operators = fields & OPERATORS
    if len(combined) > 1 or (combined and (operators or "variable" in fields)):
        return "the rule has more than one form: keep one of And, Or, Not, or Variable with an operator", ""
    if combined:
        return "", ""
    return _comparison_form("variable" in fields, [site.written(name) for name in sorted(operators)])


def _comparison_form(has_variable: bool, operators: list[str]) -> tuple[str, str]:
    if len(operators) > 1:
        return f"the rule has several operators, and must have one: {', '.join(operators)}", ""
    if not operators:
        return "the rule compares nothing: it needs an operator such as StringEquals, or And, Or, Not", ""
    return ("", "") if has_variable else (f"{operators[0]} needs a Variable", "These fields are required: [Variable]")


@rule("ASL605", "bad-timestamp-operand")
def bad_timestamp_operand(outline: Outline) -> Iterator[Finding]:
    """A timestamp that a rule compares with is not one of RFC 3339, with a zone.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "TimestampEquals": "2030-01-01", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.x", "TimestampEquals": "2030-01-01T00:00:00Z", "Next": "B"}]},
          "B": {"Type": "Succeed"}}}
    """
    for name in _TIMESTAMPS:
        for site in outline.having(name):
            value = getattr(site.part, name)
            if isinstance(value, str) and not is_timestamp(value) and not is_open(value):
                text = "String does not match RFC3339 timestamp"
                yield Finding(site.at(name), f"{value!r} is not a timestamp like 2030-01-31T08:00:00Z", aws_text=text)


_TIMESTAMPS = tuple(name for name in OPERATORS if name.startswith("timestamp_") and not name.endswith("_path"))


@rule("ASL606", "choice-without-default", aws=None, severity=Severity.WARNING, is_default=False)
def choice_without_default(outline: Outline) -> Iterator[Finding]:
    """A Choice has no Default, so that a value which no rule expects fails the execution: `States.NoChoiceMatched`.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice",
          "Choices": [{"Variable": "$.kind", "StringEquals": "x", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
          "Choices": [{"Variable": "$.kind", "StringEquals": "x", "Next": "B"}]}, "B": {"Type": "Succeed"}}}

        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [
          {"Variable": "$.on", "BooleanEquals": true, "Next": "B"},
          {"Variable": "$.on", "BooleanEquals": false, "Next": "B"}]}, "B": {"Type": "Succeed"}}}
    """
    for site in outline.of(Choice):
        if "default" not in site.fields and not _covers_all(site.part.choices):
            near = " Give it a Default."
            yield Finding(site.pointer, "a value that no rule expects fails the execution", near, on_key=True)


def _covers_all(rules: list[ChoiceRule]) -> bool:
    """Tell whether a rule and its opposite are both there."""
    seen = {(rule.variable, name, value) for rule in rules for name, value in _truths(rule)}
    return any((variable, name, not value) in seen for variable, name, value in seen)


def _truths(rule: ChoiceRule) -> Iterator[tuple[str, bool]]:
    for name in rule.model_fields_set & {"boolean_equals", "is_present", "is_null", "is_string", "is_numeric"}:
        value = getattr(rule, name)
        if isinstance(value, bool):
            yield name, value


@rule("ASL607", "presence-asked-too-late", aws=None, severity=Severity.WARNING)
def presence_asked_too_late(outline: Outline) -> Iterator[Finding]:
    """An `And` compares a value before it asks whether that is there; the rules of an `And` are looked at in order.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B", "Choices": [{"Next": "B", "And": [
          {"Variable": "$.n", "NumericGreaterThan": 5}, {"Variable": "$.n", "IsPresent": true}]}]},
          "B": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B", "Choices": [{"Next": "B", "And": [
          {"Variable": "$.n", "IsPresent": true}, {"Variable": "$.n", "NumericGreaterThan": 5}]}]},
          "B": {"Type": "Succeed"}}}
    """
    for site in outline.having("and_"):
        compared: dict[str, int] = {}
        for index, inner in enumerate(site.part.and_ or []):
            variable = inner.variable
            if inner.is_present is True and variable in compared:
                message = f"{variable} is compared before it is known to be there"
                near = " Put IsPresent first."
                yield Finding(f"{site.at('and_')}/{compared[variable]}", message, near)
            elif variable is not None and "is_present" not in inner.model_fields_set:
                compared.setdefault(variable, index)
