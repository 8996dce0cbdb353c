"""The pytest plugin: the fixture, failures that are explained, coverage, and test cases of MockConfigFiles."""

from __future__ import annotations

import json
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from xml.etree import ElementTree

import pytest
from conftest import chain
from harness import calls, flow, payment

import asl_engine
from asl_engine import UsageError

GOOD = """
def test_a_payment(workflow):
    pay = workflow("pay.asl.json").mock("Charge", {}).mock("ShipGoods", {"shipped": True})
    execution = pay.run()
    assert execution.path == ["Charge", "Ship"]
"""
DECLINED = """
from asl_engine.testing import TaskError

def test_a_declined_card(workflow):
    pay = workflow("pay.asl.json").mock("Charge", TaskError("CardDeclined"))
    assert pay.run().failed("Cancelled")
"""


@pytest.fixture(scope="module", autouse=True)
def everything_is_loaded():
    """A run within this process forgets what it was the first to import, and our modules must be there once."""
    others = ["botocore.session", "graphviz", "jsonpath_ng.ext", "lark", "networkx", "pygraphviz", "yaml"]
    ours = [module.name for module in pkgutil.walk_packages(asl_engine.__path__, "asl_engine.")]
    for name in (*others, *ours):
        if not name.endswith("__main__"):
            import_module(name)


@pytest.fixture
def project(pytester):
    """A project with a definition, whose tests run in this process."""
    pytester.makefile(".asl.json", pay=json.dumps(json.loads(payment().machine.definition), indent=1))
    pytester.makeini("[pytest]\n")
    return pytester


def run(project, *arguments):
    """Run pytest in a project; that warnings are errors in this run is not passed on."""
    return project.runpytest("-p", "no:cacheprovider", "-W", "always", *arguments)


def lines_of(result):
    return result.stdout.str()


# --- the fixture -----------------------------------------------------------------------------------------------------


def test_a_path_is_looked_for_beside_the_test_and_then_from_the_top(project):
    """The nearer one is meant."""
    project.mkdir("deep")
    near = json.dumps(chain(Near={"Type": "Pass"}))
    (project.path / "deep" / "near.asl.json").write_text(near)
    (project.path / "both.asl.json").write_text(json.dumps(chain(Top={"Type": "Pass"})))
    (project.path / "deep" / "both.asl.json").write_text(near)
    (project.path / "deep" / "test_it.py").write_text("""
def test_near(workflow):
    assert workflow("near.asl.json").run().path == ["Near"]

def test_both(workflow):
    assert workflow("both.asl.json").run().path == ["Near"]

def test_top(workflow):
    assert workflow("pay.asl.json").machine.model.start_at == "Charge"
""")

    run(project).assert_outcomes(passed=3)


def test_a_path_that_is_nowhere_is_told(project):
    """By the name that the test has for it."""
    project.makepyfile('def test_it(workflow):\n    workflow("nowhere.asl.json")\n')

    result = run(project)

    result.assert_outcomes(failed=1)
    assert "nowhere.asl.json" in lines_of(result)


def test_options_are_those_of_a_workflow(project):
    """Functions, a seed, a type, a mock configuration beside the test."""
    config = {"StateMachines": {"pay": {"TestCases": {"Fine": {"Charge": "c", "Ship": "s"}}}}, "MockedResponses": {
        "c": {"0": {"Return": {}}}, "s": {"0": {"Return": {"Payload": "shipped"}}}}}  # fmt: skip
    (project.path / "mocks.json").write_text(json.dumps(config))
    project.makepyfile("""
from pathlib import Path

def test_it(workflow):
    functions = {"ChargeCard": lambda event, context: {}, "ShipGoods": lambda event, context: "by hand"}
    assert workflow("pay.asl.json", functions, seed=7).run().output == "by hand"
    assert workflow(Path("pay.asl.json"), mock_config="mocks.json").run(case="Fine").output == "shipped"
""")

    run(project).assert_outcomes(passed=1)


def test_a_mock_in_place_of_those_of_a_fixture_is_warned_of(project):
    """Although it may stand in memory where one stood that a fixture had set."""
    project.makepyfile("""
import pytest

@pytest.fixture
def pay(workflow):
    return workflow("pay.asl.json").mock("ChargeCard", {}).mock("ShipGoods", {})

def test_it(pay):
    for number in range(3):
        pay.mock("ShipGoods", number)
""")

    result = run(project)

    result.assert_outcomes(passed=1, warnings=1)
    assert "the mock of 'ShipGoods' was never asked" in lines_of(result)


def test_a_mock_that_was_never_asked_is_warned_of(project):
    """Once for each; warnings can be errors."""
    project.makepyfile(DECLINED.replace("    assert", '    pay.mock("ShipGoods", {})\n    assert'))

    result = run(project)

    result.assert_outcomes(passed=1, warnings=1)
    assert "the mock of 'ShipGoods' was never asked" in lines_of(result)
    assert 0 != run(project, "-W", "error").ret


def test_mocks_that_were_asked_are_not_warned_of(project):
    """All went as it should."""
    project.makepyfile(GOOD)

    run(project, "-W", "error").assert_outcomes(passed=1)


def test_mocks_are_checked_if_the_settings_say_so(project):
    """A test can still say otherwise."""
    given = {"TableName": "t", "Key": {}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": given}
    project.makefile(".asl.json", item=json.dumps(chain(A=task)))
    project.makeini("[pytest]\nasl_check_mocks = STRICT\n")
    project.makepyfile("""
def test_checked(workflow):
    workflow("item.asl.json").mock("A", {"Item": "text"}).run()

def test_not_checked(workflow):
    assert workflow("item.asl.json", check_mocks="NONE").mock("A", {"Item": "text"}).run().succeeded
""")

    result = run(project)

    result.assert_outcomes(failed=1, passed=1)
    assert "the mock of 'A' answers what" in lines_of(result)


def test_a_misspelt_setting_is_an_error(project):
    """It does not count as one that checks nothing."""
    project.makeini("[pytest]\nasl_check_mocks = strict\n")
    project.makepyfile(GOOD)

    result = run(project)

    result.assert_outcomes(failed=1)
    assert "check_mocks is NONE, PRESENT or STRICT, not 'strict'" in lines_of(result)


# --- failures that are explained -------------------------------------------------------------------------------------


def test_a_failed_test_shows_its_execution(project):
    """Each state, how it was left, and what the one that failed was given."""
    project.makepyfile(DECLINED.replace('failed("Cancelled")', "succeeded"))

    text = lines_of(run(project))

    assert "execution 'test'" in text
    assert "FAILED after 0.000 s: Cancelled, the card is bad" in text
    assert "Charge: caught: CardDeclined" in text


def test_a_passed_test_shows_nothing(project):
    """The account is made for failures alone."""
    project.makepyfile(GOOD)

    assert "execution 'test'" not in lines_of(run(project))


def test_of_many_executions_the_last_three_are_shown(project):
    """The one that failed is mostly among them."""
    project.makepyfile("""
def test_it(workflow):
    pay = workflow("pay.asl.json").mock("Charge", {}).mock("ShipGoods", {})
    for number in range(5):
        pay.run(name=f"number-{number}")
    assert False
""")

    shown = re.findall(r"execution 'number-(\d)'", lines_of(run(project)))

    assert ["2", "3", "4"] == shown


@pytest.mark.parametrize("line", ['execution.path == ["Charge", "Refund"]', '["Charge", "Refund"] == execution.path'])
def test_a_path_that_differs_is_shown_around_the_place(project, line):
    """On whichever side the path stands."""
    project.makepyfile(GOOD.replace('execution.path == ["Charge", "Ship"]', line))

    text = lines_of(run(project))

    assert "the path differs at state 2: expected 'Refund', came 'Ship'" in text
    assert "came:     Charge > [Ship]" in text
    assert "expected: Charge > [Refund]" in text
    assert "state 'Charge':" in text


def test_other_comparisons_are_explained_as_ever(project):
    """What is no list is not compared state by state."""
    project.makepyfile(GOOD.replace('== ["Charge", "Ship"]', "== 7"))

    result = run(project)

    result.assert_outcomes(failed=1)
    assert "the path differs" not in lines_of(result)


def test_a_missing_mock_is_shown_at_the_line_of_the_test(project):
    """And not in the depths of the engine."""
    project.makepyfile('def test_it(workflow):\n    workflow("pay.asl.json").run()\n')

    text = lines_of(run(project))

    assert "the state 'Charge' calls" in text
    assert '>       workflow("pay.asl.json").run()' in text
    assert "kernel" not in text


# --- coverage --------------------------------------------------------------------------------------------------------


def test_the_table_of_coverage(project):
    """Of a file, or of all in a folder."""
    project.makepyfile(test_good=GOOD)
    project.mkdir("more")
    (project.path / "more" / "other.asl.json").write_text(json.dumps(chain(A={"Type": "Pass"})))

    text = lines_of(run(project, "--asl-cov=pay.asl.json", "--asl-cov=more"))

    assert "coverage of state machines" in text
    assert re.search(r"^definition +states +transitions +choices +retriers +catchers +branches +reached$", text, re.M)
    assert re.search(r"^pay.asl.json +2/3 +2/2 +- +0/1 +0/1 +- +57 %$", text, re.M)
    assert re.search(r"^more/other.asl.json +0/1 +0/1 .* 0 %$", text, re.M)
    assert "not reached" not in text


def test_what_cannot_be_measured_hides_nothing(project):
    """Of a folder each definition that cannot be read is told of, in a line, and the others are measured."""
    project.makepyfile(test_good=GOOD)
    project.mkdir("more")
    wrong = {"a": b"\xff", "b": b"", "c": b"[1]", "d": b'{"StartAt": "A\\n", "States": {}}', "e": b"x" * 5_000_000}
    for name, content in wrong.items():
        (project.path / "more" / f"{name}.asl.json").write_bytes(content)
    (project.path / "more" / "f.asl.json").symlink_to("f.asl.json")
    (project.path / "more" / "g.asl.json").symlink_to("nowhere")

    result = run(project, "--asl-cov=.")
    text = lines_of(result)

    assert result.ret == 0
    assert re.search(r"^pay.asl.json +2/3 +2/2 +- +0/1 +0/1 +- +57 %$", text, re.M)
    assert list("abcdefg") == re.findall(r"^not measured: more/(.)\.asl\.json:.*\w", text, re.M)
    assert text.count("not measured") == 7
    assert run(project, "--asl-cov=more/a.asl.json").ret == 4


def test_without_the_option_there_is_no_table(project):
    """Nothing is measured."""
    project.makepyfile(GOOD)

    assert "coverage of state machines" not in lines_of(run(project))


def test_what_is_missing_is_told_with_its_lines(project):
    """The lines are those of the definition."""
    project.makepyfile(GOOD)

    text = lines_of(run(project, "--asl-cov=.", "--asl-cov-report=term-missing"))

    found = dict(re.findall(r"^pay\.asl\.json:(\d+): not reached: (.*)$", text, re.M))
    source = (project.path / "pay.asl.json").read_text().splitlines()
    words = {"retrier of 'Charge' for Busy", "catcher of 'Charge' for CardDeclined", "state 'Cancel'"}
    assert words == set(found.values())
    [line] = [number for number, words in found.items() if words == "state 'Cancel'"]
    assert '"Cancel"' in source[int(line) - 1]


def test_coverage_of_several_tests_adds_up(project):
    """Each of them has a workflow of its own."""
    project.makepyfile(test_good=GOOD, test_declined=DECLINED)

    assert re.search(r"^pay.asl.json +3/3 +2/2 +- +0/1 +1/1 +- +86 %$", lines_of(run(project, "--asl-cov=.")), re.M)


def test_coverage_as_json(project):
    """In the file that is named, or in one of its own."""
    project.makepyfile(GOOD)

    text = lines_of(run(project, "--asl-cov=.", "--asl-cov-report=json:found.json", "--asl-cov-report=json"))

    data = json.loads((project.path / "found.json").read_text())
    assert 57.14 == data["pay.asl.json"]["percent"]
    assert data == json.loads((project.path / "asl-coverage.json").read_text())
    assert "coverage written to found.json" in text
    assert "definition  " not in text


def test_coverage_as_a_page_and_as_pictures(project):
    """The page shows the pictures that stand beside it."""
    project.makepyfile(GOOD)

    run(project, "--asl-cov=.", "--asl-cov-report=html:out/html", "--asl-cov-report=svg:out/svg")

    page = (project.path / "out/html/index.html").read_text()
    [name] = re.findall(r'<img src="([^"]+)"', page)
    for folder in ("html", "svg"):
        assert ElementTree.fromstring((project.path / "out" / folder / name).read_text()).tag.endswith("svg")
    assert not (project.path / "out/svg/index.html").exists()


def test_a_report_goes_into_a_folder_that_is_not_there_yet(project):
    """As the folders of pages and pictures are made."""
    project.makepyfile(GOOD)

    assert 0 == run(project, "--asl-cov=.", "--asl-cov-report=json:new/found.json").ret
    assert (project.path / "new/found.json").exists()


def test_no_report_at_all(project):
    """Only the percentage is looked at then."""
    project.makepyfile(GOOD)

    result = run(project, "--asl-cov=.", "--asl-cov-report=none", "--asl-cov-fail-under=99")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    assert "definition  " not in lines_of(result)


@pytest.mark.parametrize(("least", "code"), [("57", 0), ("57.1", 0), ("57.2", 1), ("100", 1)])
def test_too_little_coverage_fails_the_run(project, least, code):
    """Though all tests have passed."""
    project.makepyfile(GOOD)

    result = run(project, "--asl-cov=.", f"--asl-cov-fail-under={least}")

    result.assert_outcomes(passed=1)
    assert code == result.ret
    told = f"--asl-cov-fail-under: 57.1 % was reached, and {least} % is required"
    assert (code == 1) == (told in lines_of(result))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--asl-cov=.", "--asl-cov-report=xml"), "unknown report 'xml'; choose one of term, term-missing, json"),
        (("--asl-cov=nowhere",), "nowhere has no definitions"),
        (("--asl-cov=empty",), "empty has no definitions: no file that ends with .asl.json"),
    ],
)
def test_what_cannot_be_measured_is_a_usage_error(project, options, told):
    """No test runs."""
    project.makepyfile(GOOD)
    project.mkdir("empty")

    result = run(project, *options)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert told in result.stderr.str()


def test_with_xdist_the_workers_coverage_is_added_up(project):
    """It equals that of one process, and is looked at when all workers are done."""
    project.makepyfile(test_good=GOOD, test_declined=DECLINED, test_more=GOOD)
    options = ("--asl-cov=.", "--asl-cov-fail-under=85.8")

    alone = run(project, *options, "--asl-cov-report=json:alone.json")
    together = project.runpytest_subprocess("-n", "2", *options, "--asl-cov-report=json:together.json")

    together.assert_outcomes(passed=3)
    found, added = (json.loads((project.path / f"{name}.json").read_text()) for name in ("alone", "together"))
    assert found == added
    assert 85.71 == added["pay.asl.json"]["percent"]
    assert (1, 1) == (alone.ret, together.ret)
    assert "85.7 % was reached, and 85.8 % is required" in lines_of(together)


# --- test cases of a MockConfigFile ----------------------------------------------------------------------------------

CONFIG = {
    "StateMachines": {
        "pay": {
            "TestCases": {
                "Fine": {"Charge": "charged", "Ship": "shipped"},
                "Busy": {"Charge": "busy", "Ship": "shipped"},
                "Declined": {"Charge": "declined"},
            }
        }
    },
    "MockedResponses": {
        "charged": {"0": {"Return": {}}},
        "shipped": {"0": {"Return": {"Payload": {}}}},
        "busy": {"0": {"Throw": {"Error": "Busy", "Cause": "b"}}, "1": {"Return": {}}},
        "declined": {"0": {"Throw": {"Error": "CardDeclined", "Cause": "c"}}},
    },
}


@pytest.fixture
def cases(project):
    """A project with a MockConfigFile that its settings name."""
    folder = project.mkdir("tests")
    (folder / "MockConfigFile.json").write_text(json.dumps(CONFIG))
    (project.path / "pay.asl.json").rename(project.mkdir("tests/machines") / "pay.asl.json")
    project.makeini("[pytest]\nasl_mock_configs = tests/MockConfigFile.json\n")
    return project


def test_test_cases_are_tests(cases):
    """Two succeed, and one does not."""
    result = run(cases, "-v")

    result.assert_outcomes(passed=2, failed=1)
    assert re.search(r"pay#Fine PASSED", lines_of(result))
    assert re.search(r"pay#Declined FAILED", lines_of(result))


def test_a_failed_test_case_gives_an_account(cases):
    """And no traceback."""
    text = lines_of(run(cases))

    assert "FAILED after 0.000 s: Cancelled, the card is bad" in text
    assert "Charge: caught: CardDeclined, c" in text
    assert "Traceback" not in text
    assert "plugin.py" not in text


def test_a_test_case_can_be_chosen(cases):
    """As any other test, by its name."""
    run(cases, "-k", "Busy").assert_outcomes(passed=1, deselected=2)


def test_a_test_case_has_the_input_beside_it(cases):
    """It is named by the machine and the case."""
    rule = {"Variable": "$.n", "NumericEquals": 7, "Next": "Yes"}
    states = {"C": {"Type": "Choice", "Choices": [rule], "Default": "No"}, "Yes": {"Type": "Succeed"}}
    machine = {"StartAt": "C", "States": {**states, "No": {"Type": "Fail", "Error": "E"}}}
    (cases.path / "tests" / "choose.asl.json").write_text(json.dumps(machine))
    (cases.path / "tests" / "choose.Seven.json").write_text('{"n": 7}')
    config = {"StateMachines": {"choose": {"TestCases": {"Seven": {}, "Eight": {}}}}, "MockedResponses": {}}
    (cases.path / "tests" / "MockConfigFile.json").write_text(json.dumps(config))
    (cases.path / "tests" / "choose.Eight.json").write_text('{"n": 8}')

    run(cases).assert_outcomes(passed=1, failed=1)


def test_test_cases_count_for_coverage(cases):
    """They reach what no test in Python does."""
    text = lines_of(run(cases, "--asl-cov=tests"))

    assert re.search(r"pay.asl.json +3/3 +2/2 +- +1/1 +1/1 +- +100 %$", text, re.M)


def test_a_machine_of_a_test_case_that_is_nowhere(cases):
    """The message says where it was looked for."""
    (cases.path / "tests/machines/pay.asl.json").unlink()

    result = run(cases)

    result.assert_outcomes(failed=3)
    assert "there is no definition pay.asl.json in" in lines_of(result)


def test_a_mock_config_that_is_none_is_an_error(cases):
    """It is no file that nobody looks at."""
    (cases.path / "tests/MockConfigFile.json").write_text("{nope")

    result = run(cases)

    assert 0 != result.ret
    assert "MockConfigFile.json is not JSON" in lines_of(result)


def test_an_unknown_test_case_is_told(project):
    """With those that there are."""
    (project.path / "m.json").write_text(json.dumps(CONFIG))
    project.makepyfile("""
def test_it(workflow):
    workflow("pay.asl.json", mock_config="m.json").run(case="Fin")
""")

    result = run(project)

    result.assert_outcomes(failed=1)
    assert "the mock configuration has no test case 'Fin' for 'pay'. Did you mean 'Fine'?" in lines_of(result)


def test_a_test_case_needs_a_configuration():
    """The error says how to give one."""
    with pytest.raises(UsageError, match="the test case 'Fine' is of no mock configuration: pass mock_config=FILE"):
        flow(A=calls("f")).run(case="Fine")


@pytest.mark.parametrize("option", ["--asl-cov-fail-under=90", "--asl-cov-report=html"])
def test_coverage_options_without_a_path_measure_nothing(project, option):
    """A build that forgot the path must not pass for one that reached enough."""
    project.makepyfile(GOOD)

    result = run(project, option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "needs --asl-cov=PATH" in result.stderr.str()


def test_an_event_that_comes_after_the_end_is_warned_of(project):
    """The test believes that somebody stopped the execution, which had long ended."""
    project.makepyfile("""
from asl_engine.testing import stop

def test_a_payment(workflow):
    pay = workflow("pay.asl.json").mock("Charge", {}).mock("ShipGoods", {"shipped": True})
    assert pay.run(at={60: stop()}).succeeded
""")

    assert "UnusedEvent: stop at 60 s came too late: the execution had ended" in lines_of(run(project))


def test_a_definition_that_changes_is_loaded_again(project):
    """Tests that ask for the same file share its machine only as long as it stays the same; and a type must be one."""
    project.makepyfile("""
import json
import pytest
from asl_engine import UsageError

def definition(name):
    return json.dumps({"StartAt": name, "States": {name: {"Type": "Succeed"}}})

def test_it(workflow, tmp_path):
    path = tmp_path / "m.asl.json"
    path.write_text(definition("A"))
    assert workflow(path).machine is workflow(path).machine
    path.write_text(definition("Longer"))
    assert workflow(path).run().path == ["Longer"]
    assert workflow(path, type="EXPRESS").machine.type == "EXPRESS"
    with pytest.raises(UsageError, match="type is STANDARD or EXPRESS"):
        workflow(path, type="FAST")
""")

    assert run(project).ret == 0, lines_of(run(project))


def test_the_plugin_loads_little():
    """Every run of pytest pays for it, also those that test something else."""
    heavy = ["asl_engine.testing.workflow", "asl_engine.inspection", "networkx", "botocore", "hypothesis"]
    asked = f"import sys, asl_engine.testing.plugin; print([name for name in {heavy} if name in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", asked], text=True) == "[]\n"
