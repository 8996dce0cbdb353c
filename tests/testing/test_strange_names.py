"""Names, errors and causes of others command nothing in the output of pytest, and end no report."""

from __future__ import annotations

import json
import re
import xml.dom.minidom

import pytest

from asl_engine import StateMachine
from asl_engine.testing import Workflow, explore
from asl_engine.testing.account import account, explain_path
from asl_engine.testing.exploration import tests_of
from asl_engine.testing.recording.literal import literal

EVIL = "a\ud800b\x1b[2J\n::error::x\u202e\x9b\udfff\r##[error]"
CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
COMMANDS = re.compile(rf"{CONTROLS}|^\s*::|##\[", re.MULTILINE)


def machine(evil=EVIL):
    """A machine whose names, errors, causes and values are evil."""
    processor = {"StartAt": f"A{evil}", "States": {f"A{evil}": {"Type": "Pass", "Result": {evil: evil}, "End": True}}}
    retry, catch = [{"ErrorEquals": [evil], "MaxAttempts": 1}], [{"ErrorEquals": [f"E{evil}"], "Next": "F"}]
    task = {"Type": "Task", "Resource": "f", "Retry": retry, "Catch": catch, "Next": f"M{evil}"}
    each = {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": processor, "Next": "F"}
    fail = {"Type": "Fail", "Error": f"E{evil}", "Cause": evil}
    return {"Comment": evil, "StartAt": evil, "States": {evil: task, f"M{evil}": each, "F": fail}}


def test_an_account_commands_nothing():
    """Neither of an execution, nor of a path that differs."""
    workflow = Workflow(StateMachine.from_dict(machine()))
    workflow.mock(EVIL, {"l": [EVIL, {EVIL: 1}]})
    execution = workflow.run({EVIL: EVIL})
    texts = [execution.account(), account(execution, execution.story, [EVIL])]
    texts += explain_path(execution.path, [EVIL, EVIL], execution, execution.story)
    assert [text for text in texts if COMMANDS.search(text)] == []


def test_an_exploration_commands_nothing_and_its_tests_hold_no_control_characters():
    """What turns a line around in an editor would show another test than the one that runs."""
    exploration = explore(StateMachine.from_dict(machine()))
    assert not COMMANDS.search(exploration.text())
    code = tests_of(exploration, "m.asl.json")
    assert not re.search(CONTROLS, code.encode("utf-8", "backslashreplace").decode())
    assert all(eval(literal(value)) == value for value in (EVIL, {EVIL: [EVIL, f'"{EVIL}']}))


IN_TESTS = EVIL.replace("#", "")
FAILING = f"""
import pytest

EVIL = {IN_TESTS!a}

def test_a(workflow):
    machine = workflow("m.asl.json")
    machine.mock(EVIL, {{"l": [EVIL]}})
    assert machine.run({{EVIL: 1}}).path == ["no" + EVIL]

def test_b(workflow):
    machine = workflow("m.asl.json")
    machine.mock(EVIL, {{"l": [EVIL]}})
    assert machine.run().status == "SUCCEEDED"

def test_c(workflow):
    workflow("m.asl.json").mock("no" + EVIL, 1)

@pytest.mark.parametrize("name", [EVIL])
def test_d(workflow, name):
    workflow("m.asl.json").run()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["here", "in a worker"])
def test_pytest_prints_no_commands_and_writes_every_report(pytester, workers):
    """Failures, test cases, coverage as text, JSON, HTML and SVG, and junit, also of the workers of pytest-xdist."""
    (pytester.path / "m.asl.json").write_text(json.dumps(machine(IN_TESTS)))
    (pytester.path / "wrong\x1b[2J\n::error::.asl.json").write_text("[")
    answers = {"R": {"0": {"Throw": {"Error": f"X{EVIL}", "Cause": EVIL}}}}
    cases = {"StateMachines": {"m": {"TestCases": {f"C{EVIL}": {IN_TESTS: "R"}}}}, "MockedResponses": answers}
    (pytester.path / "mocks.json").write_text(json.dumps(cases))
    pytester.makeini("[pytest]\nasl_mock_configs = mocks.json\n")
    pytester.makepyfile(test_it=FAILING)
    reports = [f"--asl-cov-report={kind}" for kind in ("term-missing", "json:c.json", "html:html", "svg:svg")]
    result = pytester.runpytest_subprocess("--asl-cov=.", *reports, "--junitxml=j.xml", "-W", "always", *workers)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == 1
    assert "INTERNALERROR" not in text
    assert "1 failed" not in text
    assert "5 failed" in text
    assert [line for line in text.split("\n") if COMMANDS.search(line)] == []
    xml.dom.minidom.parse(str(pytester.path / "j.xml"))
    assert json.loads((pytester.path / "c.json").read_text("utf-8"))["m.asl.json"]["percent"] > 50
    assert not COMMANDS.search((pytester.path / "html" / "index.html").read_text("utf-8"))
    for picture in pytester.path.glob("*/*.svg"):
        assert not COMMANDS.search(picture.read_text("utf-8"))


def test_a_failure_keeps_what_it_was(run):
    """Only what is printed is cleaned: values, names and errors of an execution stay what they are."""
    execution = run(machine(), {"l": []}, f=lambda event, context: event)
    assert (execution.error, execution.cause) == (f"E{EVIL}", EVIL)
