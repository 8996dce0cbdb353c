"""Whatever a text says, the check gives a report: mutated definitions, YAML and templates."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from test_check import JSON_VALUES, KITCHEN, places, replaced

from asl_engine.cli.formats import github, sarif
from asl_engine.rules.check import check_source, rules
from asl_engine.rules.selection import EVERY
from asl_engine.source import parse_document

WORK = {"Type": "Task", "Resource": {"Fn::GetAtt": ["F", "Arn"]}, "End": True}
SMALL = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${F}", "Next": "é 🎉"}, "é 🎉": WORK}}
TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Object": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {"Definition": SMALL, "DefinitionSubstitutions": {"F": {"Ref": "F"}}, "Type": "EXPRESS"},
        },
        "Text": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": json.dumps(SMALL, indent=1), "DefinitionSubstitutions": {"G": 1}},
        },
        "Sub": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": {"Fn::Sub": [json.dumps(SMALL), {"F": "a"}]}},
        },
        "Join": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": {"Fn::Join": ["", ['{"StartAt": "', {"Ref": "S"}, '", "States": 1}']]}},
        },
        "File": {"Type": "AWS::Serverless::StateMachine", "Properties": {"DefinitionUri": "none.asl.json"}},
    },
}
CALLS = [{"Fn::Sub": "${!a} ${b}"}, {"Fn::Join": ["", []]}, {"Fn::Join": 5}, {"Fn::Sub": []}, {"Ref": None}]
TEMPLATE_VALUES = JSON_VALUES | st.sampled_from([*CALLS, json.dumps(SMALL)])


def assert_report(text: str, name: str) -> None:
    """Every form of a report can be made, and every place is one of the text."""
    report = check_source(text, name, selection=EVERY)
    lines = text.split("\n")
    for one in report.diagnostics:
        assert 1 <= one.line <= one.span.end_line <= len(lines) + text.count("\r")
        assert one.column >= 1
        assert (one.line, one.column) <= (one.span.end_line, one.span.end_column)
    report.text()
    github(report)
    json.dumps(sarif([report], rules().values(), "0"))
    json.dumps(report.as_dict())


class Writer(yaml.SafeDumper):
    """Quotes what is a number in YAML 1.2 and was none in 1.1."""


NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?|0o[0-7]+")
Writer.add_implicit_resolver("number of 1.2", NUMBER, list("-+.0123456789"))


def as_yaml(value: Any, is_flow: bool) -> str:
    return yaml.dump(value, Dumper=Writer, default_flow_style=is_flow, sort_keys=False)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(places(TEMPLATE)[1:]), TEMPLATE_VALUES, st.sampled_from([None, 2]))
def test_a_template_with_anything_in_any_place_gives_a_report(path: Any, new: Any, indent: int | None) -> None:
    assert_report(json.dumps(replaced(path, new, TEMPLATE), indent=indent), "template.json")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(places(TEMPLATE)[1:]), TEMPLATE_VALUES, st.booleans())
def test_a_template_in_yaml_gives_a_report(path: Any, new: Any, is_flow: bool) -> None:
    assert_report(as_yaml(replaced(path, new, TEMPLATE), is_flow), "template.yaml")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(places(KITCHEN)[1:]), JSON_VALUES, st.booleans())
def test_a_definition_in_yaml_gives_a_report(path: Any, new: Any, is_flow: bool) -> None:
    """And what JSON and YAML say is the same."""
    value = replaced(path, new, KITCHEN)
    text = as_yaml(value, is_flow)
    assert_report(text, "a.yaml")


WORDS = [
    *"{}[]:,\"'\\\n\t #-|>&*!%@`~$.\ufeff\u2028é\0",
    "🎉",
    "${",
    "!Sub ",
    "!Join [",
    "&a ",
    "*a",
    "<<: ",
    "- ",
    "? ",
]
WORDS += ["Resources:", '"Resources"', "Fn::Sub", "\r\n", "\\ud83c", "1e999", "--- ", "|2-\n", "{% "]
TEXTS = [json.dumps(TEMPLATE, indent=1), as_yaml(TEMPLATE, False), as_yaml(KITCHEN, False), json.dumps(KITCHEN)]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(WORDS)), min_size=1, max_size=4),
    st.sampled_from(["a.json", "a.yaml", "a.txt"]),
)
def test_a_text_with_holes_and_patches_gives_a_report(text: str, patches: Any, name: str) -> None:
    """As an editor has it while somebody types."""
    for place, dropped, word in patches:
        at = int(place * len(text))
        text = text[:at] + word + text[at + dropped :]
    assert_report(text, name)


def test_an_anchor_that_is_used_again_is_no_warning_of_python() -> None:
    assert_report("&a StartAt: &a A\nStates: {A: {Type: Succeed}}\nComment: *a\n", "a.yaml")


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from(list('"\\/bfnrtu0123dDcC89aA{}:, \n')), max_size=40), st.sampled_from(["json", "yaml"]))
def test_a_text_inside_of_a_template_has_places(inner: str, format: str) -> None:
    """Every character of it, whatever escapes it needs."""
    properties = {"DefinitionString": inner + '"'}
    template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    text = json.dumps(template) if format == "json" else as_yaml(template, False)
    assert_report(text, f"template.{format}")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(places(KITCHEN)[1:]), JSON_VALUES)
def test_json_and_yaml_say_the_same(path: Any, new: Any) -> None:
    """JSON is YAML, so a definition has the same findings in both."""
    value = replaced(path, new, KITCHEN)
    text = json.dumps(value, ensure_ascii=False)
    try:
        same = parse_document(text, "a.yaml").value == value
    except ValueError:
        same = False
    if same:
        pairs = [
            [(one.code, one.pointer) for one in check_source(text, name).diagnostics] for name in ("a.json", "a.yaml")
        ]
        assert sorted(pairs[0]) == sorted(pairs[1])
