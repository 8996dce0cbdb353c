"""The whole check: text in, report out, and never an exception."""

from __future__ import annotations

import copy
import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl_engine.rules.check import Checked, check_document, check_file, check_text
from asl_engine.rules.outline import MachineType
from asl_engine.rules.selection import EVERY
from asl_engine.source import document_of, parse_document

KITCHEN: dict[str, Any] = {
    "StartAt": "Choose",
    "TimeoutSeconds": 60,
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [{"Variable": "$.a", "IsPresent": True}, {"Not": {"Variable": "$.a", "IsNull": True}}],
                    "Next": "Do",
                },
                {"Variable": "$.b", "StringEqualsPath": "$.c", "Next": "Rest", "Assign": {"x.$": "$.b"}},
            ],
            "Default": "All",
        },
        "Do": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"n.$": "States.MathAdd($.n, 1)"}},
            "ResultSelector": {"p.$": "$.Payload"},
            "ResultPath": "$.r",
            "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "BackoffRate": 1.5}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed", "ResultPath": "$.e"}],
            "TimeoutSeconds": 5,
            "HeartbeatSeconds": 2,
            "Next": "Rest",
        },
        "Rest": {"Type": "Wait", "SecondsPath": "$.delay", "Next": "All"},
        "All": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "One", "States": {"One": {"Type": "Pass", "Result": [1], "End": True}}}],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$[0]",
            "ItemSelector": {"v.$": "$$.Map.Item.Value"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Two",
                "States": {"Two": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": True}},
            },
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}},
            "ItemBatcher": {"MaxItemsPerBatch": 5},
            "ResultWriter": {"WriterConfig": {"OutputType": "JSON"}},
            "Label": "L",
            "End": True,
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.e.Error", "Cause": "it broke"},
    },
}


def codes(report: Checked) -> set[str]:
    return {found.code for found in report.diagnostics}


def test_a_definition_of_every_kind_of_state_is_valid() -> None:
    report = check_document(document_of(KITCHEN))
    assert report.valid, report.text()
    assert report.machine is not None
    assert 6 == len(report.machine.states)


def test_a_report_with_errors_has_no_machine() -> None:
    assert check_text('{"StartAt": "A", "States": {}}').machine is None


def test_a_warning_leaves_the_machine() -> None:
    report = check_text('{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}}')
    assert {"ASL702"} == codes(report)
    assert report.machine is not None


def test_findings_stand_in_the_order_of_the_text() -> None:
    report = check_text(
        '{\n"StartAt": "X",\n"States": {\n"A": {"Type": "Pass", "Next": "Y"},\n"B": {"Type": "Nope"}\n},\n"Z": 1}'
    )
    lines = [found.line for found in report.diagnostics]
    assert lines == sorted(lines)
    assert {"ASL201", "ASL104", "ASL102"} <= codes(report)


def test_a_broken_state_hides_nothing_about_the_others_and_invents_nothing() -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Nope"}, "C": {"Type": "Wait", "End": True}}
    report = check_text(json.dumps({"StartAt": "A", "States": states}))
    assert {"ASL104", "ASL611"} == codes(report)


def test_the_pointer_of_a_finding_leads_to_the_line() -> None:
    report = check_text(
        '{"StartAt": "A",\n "States": {"A":\n  {"Type": "Pass",\n   "Next": "a"}, "B": {"Type": "Succeed"}}}'
    )
    (found,) = [one for one in report.diagnostics if one.code == "ASL201"]
    assert ("/States/A/Next", 4, 12) == (found.pointer, found.line, found.column)
    assert "Did you mean 'A'?" in found.text


def test_a_target_in_another_block_is_explained() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "Out"}}}
    states = {"P": {"Type": "Parallel", "Branches": [inner], "Next": "Out"}, "Out": {"Type": "Succeed"}}
    report = check_text(json.dumps({"StartAt": "P", "States": states}))
    (found,) = [one for one in report.diagnostics if one.code == "ASL201"]
    assert "cannot leave its own block" in found.text


def test_a_template_is_not_blamed_for_what_it_does_not_say_yet() -> None:
    text = """{"StartAt": "${Start}", "States": {
        "A": {"Type": "Task", "Resource": "${Function.Arn}", "TimeoutSeconds": ${Timeout}, "Next": "${After}"},
        "B": {"Type": "Wait", "Timestamp": "${When}", "End": true},
        "M": {"Type": "Map", "ItemReader": {"Resource": "${R}"}, "Label": "${Label}", "End": true, "ItemsPath": "${P}",
          "ItemProcessor": {"ProcessorConfig": {"Mode": "${Mode}"},
            "StartAt": "C", "States": {"C": {"Type": "Succeed"}}}}}}"""
    report = check_text(text)
    assert [] == report.diagnostics, report.text()


def test_a_language_that_is_none_counts_as_jsonata_for_the_rest() -> None:
    state = {"Type": "Pass", "QueryLanguage": "jsonata", "Output": "{% 1 %}", "End": True}
    assert {"ASL104"} == codes(check_text(json.dumps({"StartAt": "A", "States": {"A": state}})))


def test_an_example_file_is_checked_by_its_name(tmp_path: Any) -> None:
    file = tmp_path / "m.asl.yaml"
    file.write_text("StartAt: A\nStates:\n  A:\n    Type: Pass\n    End: yes please\n")
    report = check_file(file)
    assert ("/States/A/End", 5) == (report.errors[0].pointer, report.errors[0].line)


def test_half_a_character_in_a_name_is_told_at_the_name() -> None:
    """JSON can hold it, and no text can."""
    for text in ('{"StartAt": "A", "\\ud83c": 1, "States": {"A": %s}}', '{"StartAt": "A", "States": {"A": %s}}'):
        report = check_text(text % '{"Type": "Succeed", "\\ud83cX": 1}')
        assert {"ASL102"} == codes(report)
        assert report.diagnostics[0].pointer in ("/\ud83c", "/States/A/\ud83cX")


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[1", "{'a'", "\x00", "{" * 5000, '{"a": 1e400}', "'", "- a\n- b: [", "5"]
)
def test_any_text_gives_a_report(text: str) -> None:
    assert not check_text(text).valid


# --- nothing that a document says makes the check raise --------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["$", "$.a", "{% 1 %}", "{% ", "${X}", "States.Format('{}', 1)", "Pass", "A", "", "$$.x", "~/"])
    | st.text(string.printable, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Type", "States", "StartAt", "Next", "Ref", "Branches", "a.$", "a", "Choices", "End", "~/x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def replaced(path: tuple[Any, ...], new: Any, value: Any = KITCHEN) -> Any:
    changed = copy.deepcopy(value)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if not path:
        return new
    holder[path[-1]] = new
    return changed


def assert_report(value: Any) -> None:
    document = parse_document(json.dumps(value), "x.json")
    kinds: tuple[MachineType, ...] = ("STANDARD", "EXPRESS")
    for kind in kinds:
        report = check_document(document, kind, selection=EVERY)
        assert report.valid == (report.machine is not None)
        assert all(found.line >= 1 and found.column >= 1 for found in report.diagnostics)
        report.text()


@settings(max_examples=150)
@given(JSON_VALUES)
def test_any_json_gives_a_report(value: Any) -> None:
    assert_report(value)


@settings(max_examples=300)
@given(st.sampled_from(places(KITCHEN)[1:]), JSON_VALUES)
def test_a_definition_with_anything_in_any_place_gives_a_report(path: tuple[Any, ...], new: Any) -> None:
    assert_report(replaced(path, new))


@pytest.mark.parametrize("path", [pytest.param(path, id="/".join(map(str, path))) for path in places(KITCHEN)[1:]])
def test_a_definition_without_any_one_part_gives_a_report(path: tuple[Any, ...]) -> None:
    changed = copy.deepcopy(KITCHEN)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    assert_report(changed)


def test_a_definition_can_be_checked_without_loading_it(tmp_path):
    """A text, or the file of a path; rules as on the command line."""
    import asl_engine

    text = '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}}'
    (tmp_path / "a.asl.json").write_text(text)

    assert ["ASL702"] == [found.code for found in asl_engine.check_text(text).diagnostics]
    assert ["ASL702"] == [found.code for found in asl_engine.check(tmp_path / "a.asl.json").diagnostics]
    assert [] == asl_engine.check_text(text, ignore=["ASL702"]).diagnostics
    with pytest.raises(asl_engine.UsageError, match="no rule is called"):
        asl_engine.check_text(text, select=["ASL000x"])


def test_a_text_is_never_taken_for_a_path_nor_a_path_for_a_text(tmp_path, monkeypatch):
    """Each function says which other one takes what was passed; a path is one as a str, too."""
    import asl_engine

    text = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    (tmp_path / "a.asl.json").write_text(text)
    monkeypatch.chdir(tmp_path)

    assert asl_engine.check("a.asl.json").valid
    with pytest.raises(asl_engine.UsageError, match="check_text"):
        asl_engine.check(text)
    with pytest.raises(asl_engine.UsageError, match=r"check\(path\)"):
        asl_engine.check_text("a.asl.json")
    with pytest.raises(asl_engine.UsageError, match="from_text"):
        asl_engine.StateMachine.load(text)


def test_a_rule_is_explained_by_code_or_name():
    """What `asl explain` prints is there in Python, too."""
    import asl_engine

    assert asl_engine.explain("asl207") == asl_engine.explain("polling-without-limit")
    with pytest.raises(asl_engine.UsageError, match="no rule is called"):
        asl_engine.explain("ASL9999")
