"""Definitions that are texts in a template: their places are the template's, and so are their placeholders."""

from __future__ import annotations

import doctest
import json

import pytest

from asl_engine.rules.check import check_source
from asl_engine.rules.selection import EVERY
from asl_engine.source import functions

LINES = ['{"StartAt": "é 🎉",', ' "States": {', '  "é 🎉": {"Type": "Pass", "Nxt": "B\\\\C", "Next": "E"},', '  "E":']
LINES += ['    {"Type": "Succeed"}', " }", "}"]
TEXT = "\n".join(LINES)
HEAD = "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: "


def block(head, indentation=8, lines=LINES):
    return HEAD + head + "\n" + "\n".join(" " * indentation + line for line in lines) + "\n"


def as_json(value, **options):
    properties = {"DefinitionString": value}
    resources = {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}
    return json.dumps({"Resources": resources}, **options)


TEMPLATES = {
    "literal": block("|"),
    "literal, stripped and commented": block("|- # the machine"),
    "literal with a tag": block("!Sub |"),
    "literal under a function": block("\n        Fn::Sub: |-", 10),
    "literal in a list": block("!Sub\n        - |", 12) + "        - Other: !Ref Queue\n",
    "folded": block(">"),
    "literal with an anchor": block("&machine |"),
    "single quotes": HEAD + "'" + TEXT.replace("'", "''").replace("\n", "\n\n        ") + "'\n",
    "double quotes": HEAD + json.dumps(TEXT, ensure_ascii=False) + "\n",
    "double quotes and escapes": HEAD + json.dumps(TEXT).replace("\\ud83c\\udf89", "\\U0001f389") + "\n",
    "joined": HEAD + f'!Join\n        - "\\n"\n        - - {json.dumps(TEXT)}\n',
    "JSON": as_json(TEXT),
    "JSON without escapes": as_json(TEXT, ensure_ascii=False, indent=2),
    "JSON, Fn::Sub": as_json({"Fn::Sub": [TEXT, {"A": "b"}]}, indent=1),
    "JSON, Fn::Join": as_json({"Fn::Join": ["\n", LINES]}, indent=1),
    "JSON, Fn::Join with holes": as_json(
        {"Fn::Join": ["", ['{"StartAt": "', {"Ref": "S"}, '", ', *[line + " " for line in LINES[1:]]]]}, indent=1
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_finding_stands_where_its_key_does(name):
    """At the letter, whatever the template does to the text."""
    text = TEMPLATES[name]
    report = check_source(text, "template.json" if name.startswith("JSON") else "template.yaml")
    [found] = [one for one in report.diagnostics if one.code == "ASL102"]
    line = text.split("\n")[found.line - 1]

    assert line[found.column - 1 :].startswith(("Nxt", '"Nxt"', '\\"Nxt'))
    assert found.span.end_line == found.line
    assert "Nxt" in line[found.column - 1 : found.span.end_column - 1]
    assert found.pointer.startswith("/Resources/M/Properties/DefinitionString/States/")


@pytest.mark.parametrize("head", ["|", "!Sub |", "!Sub\n        - |"])
def test_what_is_no_json_is_told_at_its_place(head):
    text = block(head, 12, ['{"StartAt": "A",', ' "States": oops }'])
    [found] = check_source(text, "template.yaml").diagnostics

    assert "ASL001" == found.code
    assert text.split("\n")[found.line - 1][found.column - 1 :].startswith("oops")


def test_an_empty_text_is_none():
    assert ["ASL003"] == [one.code for one in check_source(as_json(" "), "template.json").diagnostics]


def test_keys_that_stand_twice():
    """In a text, and in an object."""
    twice = '{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    quoted = check_source(block("|", 8, [twice]), "template.yaml").diagnostics
    plain = check_source('{"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": '
                         + twice + "}}}}", "template.json").diagnostics  # fmt: skip

    assert [("ASL002", 6, 26)] == [(one.code, one.line, one.column) for one in quoted]
    assert ["ASL002"] == [one.code for one in plain]


def test_what_nobody_can_know_is_not_told():
    """A definition that a function makes of something else."""
    for value in ({"Fn::If": ["C", "a", "b"]}, {"Fn::Transform": {"Name": "AWS::Include"}}, {"Ref": "Definition"}):
        assert [] == check_source(as_json(value), "template.json", selection=EVERY).diagnostics


# --- what is filled in -----------------------------------------------------------------------------------------------

USED = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Work}", "End": True}}}


def template(definition, substitutions, field="Definition", **top):
    properties = {field: definition}
    if substitutions is not None:
        properties["DefinitionSubstitutions"] = substitutions
    resources = {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}}
    return json.dumps({**top, "Resources": resources}, indent=1)


def fillings(text, name="template.json"):
    found = check_source(text, name).diagnostics
    return [(one.code, one.message.partition("${")[2][:4]) for one in found if one.code in ("ASL721", "ASL722")]


MISSING, UNUSED = [("ASL721", "Work")], [("ASL722", "Work")]
SUBBED = {"Fn::Sub": json.dumps(USED)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (template(USED, {"Work": 1}), []),
        (template(USED, None), MISSING),
        (template(USED, {}), MISSING),
        (template({**USED, "Comment": "${Work} and ${Work}"}, {}), MISSING),
        (template({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, {"Work": 1}), UNUSED),
        (template({**USED, "States": {"A": {"Type": "Succeed"}, "${Work}": {}}}, {"Work": 1}), []),
        (template(json.dumps(USED), {"Work": 1}, "DefinitionString"), []),
        (template(json.dumps(USED), {}, "DefinitionString"), MISSING),
        (template(SUBBED, None, "DefinitionString"), []),
        (template(SUBBED, {"Work": 1}, "DefinitionString"), UNUSED),
        (template({"Fn::Sub": json.dumps(USED).replace("${", "${!")}, {"Work": 1}, "DefinitionString"), []),
        (template({"Fn::Sub": json.dumps(USED).replace("${", "${!")}, {}, "DefinitionString"), MISSING),
        (template({"Fn::Join": ["", [json.dumps(USED)[:20], json.dumps(USED)[20:]]]}, {}, "DefinitionString"), MISSING),
        (template({"Fn::If": ["C", USED, USED]}, {}), []),
        (template(USED, {"Fn::If": ["C", {}, {}]}), []),
        (template(USED, {"Ref": "AWS::NoValue"}), []),
        (template({**USED, "Comment": {"Fn::If": ["C", "${A}", "${B}"]}}, {"Work": 1, "A": 1, "B": 2}), []),
        (template({**USED, "Comment": {"Fn::Join": ["", ["a", "${A}"]]}}, {"Work": 1, "A": 1}), []),
        (template({**USED, "Comment": {"Fn::Sub": "${!A}${B}"}}, {"Work": 1, "A": 1}), []),
        (template({**USED, "Comment": "${a-b} ${a.b}"}, {"Work": 1, "a-b": 1, "a.b": 2}), []),
        (template({**USED, "Comment": "${AWS::Region}"}, {"Work": 1}), []),
        (template({**USED, "Comment": {"Fn::Transform": {"Name": "AWS::Include"}}}, {"Work": 1, "A": 1}), []),
        (template(USED, {}, Transform=["AWS::Serverless-2016-10-31"]), MISSING),
        (template(USED, {}, Transform=["AWS::Serverless-2016-10-31", "OurMacro"]), []),
        (template("s3://bucket/key", {"Work": 1}, "DefinitionUri"), []),
    ],
)
def test_placeholders_and_values_go_together(text, expected):
    assert expected == fillings(text)


def test_the_file_that_is_named_is_looked_at(tmp_path):
    (tmp_path / "a.asl.json").write_text(json.dumps(USED))
    text = template("a.asl.json", {"Wrk": 1}, "DefinitionUri")

    assert [("ASL721", "Work"), ("ASL722", "Wrk}")] == fillings(text, str(tmp_path / "template.json"))
    assert [] == fillings(template("none.asl.json", {"Wrk": 1}, "DefinitionUri"), str(tmp_path / "template.json"))


def test_the_tags_of_yaml_are_functions():
    """What `!Sub` fills in needs no substitution; the same text without it does."""
    text = (
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n"
        "        StartAt: A\n        States:\n          A: {Type: Task, Resource: !Sub '${Work.Arn}${S}', Next: B}\n"
        "          B: {Type: Task, Resource: '${Work}', End: true}\n"
    )
    found = [one for one in check_source(text, "template.yaml").diagnostics if one.code == "ASL721"]

    assert [(9, 37)] == [(one.line, one.column) for one in found]


def test_a_placeholder_in_a_text_has_its_place():
    lines = ['{"StartAt": "A", "States": {', '"A": {"Type": "Task", "Resource": "${Work}", "End": true}}}']
    text = block("|", 8, lines)
    [found] = [one for one in check_source(text, "template.yaml").diagnostics if one.code == "ASL721"]

    assert "${Work}" == text.split("\n")[found.line - 1][found.column - 1 : found.span.end_column - 1]


def test_the_examples_of_functions_are_true():
    assert 0 == doctest.testmod(functions).failed
