"""Coverage: which parts a machine has, and which of them executions reach."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from conftest import chain
from harness import calls, catches, flow, payment, retries

from asl_engine import EndlessExecution, StateMachine
from asl_engine.testing import Mock, TaskError, Workflow
from asl_engine.testing.coverage.picture import coverage_picture
from asl_engine.testing.coverage.report import CoverageRun, as_data, page, table


def missing(work):
    """Return the pointers of what was not reached."""
    return [part.pointer for part in work.coverage.missing()]


def test_the_parts_of_a_machine_are_told_in_its_order():
    """Each has a kind, and a few words."""
    work = payment()

    assert [
        ("/States/Charge", "state", "state 'Charge'"),
        ("/States/Charge/Next", "transition", "from 'Charge' to 'Ship'"),
        ("/States/Charge/Retry/0", "retrier", "retrier of 'Charge' for Busy"),
        ("/States/Charge/Catch/0", "catcher", "catcher of 'Charge' for CardDeclined"),
        ("/States/Ship", "state", "state 'Ship'"),
        ("/States/Ship/End", "transition", "the end after 'Ship'"),
        ("/States/Cancel", "state", "state 'Cancel'"),
    ] == [(part.pointer, part.kind, part.words) for part in work.coverage.parts]
    assert 0 == work.coverage.percent
    assert len(work.coverage.parts) == len(work.coverage.missing())


def test_a_way_that_went_well_reaches_neither_retrier_nor_catcher():
    """What is missing are the ways of failure."""
    work = payment().mock("Charge", {}).mock("ShipGoods", {})
    work.run()

    assert ["/States/Charge/Retry/0", "/States/Charge/Catch/0", "/States/Cancel"] == missing(work)


def test_a_caught_failure_reaches_no_transition():
    """The state is left by its catcher, and not by its Next."""
    work = payment().mock("Charge", TaskError("CardDeclined"))
    work.run()

    assert {"/States/Charge/Next", "/States/Charge/Retry/0", "/States/Ship", "/States/Ship/End"} == set(missing(work))


def test_executions_add_up():
    """Two of them reach everything, and each part knows how often."""
    work = payment().mock("ShipGoods", {})
    work.run(mocks={"Charge": TaskError("CardDeclined")})
    work.run(mocks={"ChargeCard": Mock(TaskError("Busy"), {})})

    assert [] == missing(work)
    assert 100 == work.coverage.percent
    assert (2, 1) == tuple(work.coverage.counts[part] for part in ("/States/Charge", "/States/Charge/Next"))


def test_a_retrier_that_gave_up_was_reached():
    """Twice, as it allows two attempts; the execution failed after that."""
    work = payment().mock("Charge", TaskError("Busy"))
    work.run()

    assert 2 == work.coverage.counts["/States/Charge/Retry/0"]


CHOICE = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericGreaterThan": 9, "Next": "E"},
                {"Variable": "$.n", "NumericGreaterThan": 4, "Next": "E"},
            ],
            "Default": "E",
        },
        "E": {"Type": "Succeed"},
    },
}


@pytest.mark.parametrize(
    ("n", "reached"), [(10, "/States/C/Choices/0"), (5, "/States/C/Choices/1"), (0, "/States/C/Default")]
)
def test_a_choice_is_left_by_one_of_its_rules(n, reached):
    """Three ways lead to the same state, and are told apart."""
    work = Workflow(StateMachine.from_dict(CHOICE))
    work.run({"n": n})

    ways = {"/States/C/Choices/0", "/States/C/Choices/1", "/States/C/Default"}
    assert ways - {reached} == set(missing(work))


def test_a_jsonata_choice_is_told_apart_as_well():
    """Its rules are conditions."""
    rule = {"Condition": "{% $states.input.n > 5 %}", "Next": "E"}
    states = {"C": {"Type": "Choice", "Choices": [rule], "Default": "E"}, "E": {"Type": "Succeed"}}
    work = Workflow(StateMachine.from_dict({"QueryLanguage": "JSONata", "StartAt": "C", "States": states}))
    work.run({"n": 6})

    assert ["/States/C/Default"] == missing(work)


def test_branches_are_parts():
    """Both are begun, and both end."""
    branches = [chain(A={"Type": "Pass"}, B={"Type": "Pass"}), chain(D={"Type": "Fail"})]
    work = flow(P={"Type": "Parallel", "Branches": branches, "Catch": catches("E")}, E={"Type": "Succeed"})
    work.run()

    assert (2, 2) == work.coverage.tally("branch")
    assert "/States/P/Next" in missing(work)
    assert "/States/P/Catch/0" not in missing(work)


def test_a_map_without_items_does_not_reach_its_inside():
    """Its way on is reached all the same."""
    each = {"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})}
    work = flow(M=each)
    work.run([])
    inside = ["/States/M/ItemProcessor", "/States/M/ItemProcessor/States/I", "/States/M/ItemProcessor/States/I/End"]
    assert set(inside) == set(missing(work))

    work.run([1])
    assert [] == missing(work)


def test_a_loop_into_the_first_state_of_a_branch_is_counted():
    """The branch counts what enters its first state."""
    work = flow(M={"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})})
    work.run([1, 2, 3])

    assert 3 == work.coverage.counts["/States/M/ItemProcessor"]


def test_the_inside_of_a_distributed_map_counts():
    """Its items are executions of their own."""
    inner = {**chain(I=calls("f")), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    work = flow(M={"Type": "Map", "ItemProcessor": inner}).mock("f", {})

    assert work.run([1, 2]).succeeded
    assert [] == missing(work)
    assert 2 == work.coverage.counts["/States/M/ItemProcessor/States/I"]


def test_retriers_and_catchers_of_parallels_and_maps():
    """A Map is tried again as a whole."""
    inner = chain(I=calls("f"))
    each = {"Type": "Map", "ItemProcessor": inner, "Retry": retries("Busy"), "Catch": catches("E")}
    work = flow(M=each, E={"Type": "Succeed"})
    work.mock("f", TaskError("Busy"), {})
    work.run([1])

    assert ["/States/M/Catch/0"] == missing(work)


def test_an_execution_that_did_not_end_counts_as_far_as_it_came():
    """A test may well expect that it goes round."""
    rule = {"Variable": "$.n", "IsPresent": True, "Next": "E"}
    wait = {"Type": "Wait", "Seconds": 1, "Next": "C"}
    states = {"C": {"Type": "Choice", "Choices": [rule], "Default": "W"}, "W": wait, "E": {"Type": "Succeed"}}
    work = Workflow(StateMachine.from_dict({"StartAt": "C", "States": states}))

    with pytest.raises(EndlessExecution):
        work.run(max_events=50)

    assert ["/States/C/Choices/0", "/States/E"] == missing(work)


def test_names_with_slashes_and_tildes():
    """A pointer escapes them."""
    work = flow(**{"a/b~c": {"Type": "Pass"}})
    work.run()

    assert [] == missing(work)


# --- reports ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    definition = payment().machine.definition
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "pay.asl.json").write_text(json.dumps(json.loads(definition), indent=1), "utf-8")
    (tmp_path / "m" / "other.asl.yaml").write_text("StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n", "utf-8")
    return tmp_path


@pytest.fixture
def measured(folder):
    run = CoverageRun(["m"], [])
    work = Workflow(folder / "m/pay.asl.json").mock("Charge", {}).mock("ShipGoods", {})
    run.watch(folder / "m/pay.asl.json", work)
    work.run()
    return run


def test_the_table_has_a_line_for_each_definition(measured):
    """Those that no test has loaded count as well."""
    head, other, pay = table(measured.covered(), False)

    kinds = ["states", "transitions", "choices", "retriers", "catchers", "branches"]
    assert ["definition", *kinds, "reached"] == head.split()
    assert ["m/other.asl.yaml", "0/1", "0/1", "-", "-", "-", "-", "0", "%"] == other.split()
    assert ["m/pay.asl.json", "2/3", "2/2", "-", "0/1", "0/1", "-", "57", "%"] == pay.split()
    assert 1 == len({len(line) for line in (head, other, pay)})


def test_the_table_can_tell_what_is_missing(measured):
    """With the lines at which it stands; of a state that was not entered that is all."""
    lines = table(measured.covered(), True)[3:]

    text = list(measured.machines)[1].read_text("utf-8").splitlines()
    numbered = {int(line.split(":")[1]): line.rpartition(": ")[2] for line in lines if line.startswith("m/pay")}
    assert {"retrier of 'Charge' for Busy", "catcher of 'Charge' for CardDeclined", "state 'Cancel'"} == {
        *numbered.values()
    }
    [cancel] = [line for line, words in numbered.items() if words == "state 'Cancel'"]
    assert '"Cancel": {' in text[cancel - 1]
    assert ["m/other.asl.yaml:3: not reached: state 'A'"] == [line for line in lines if "other" in line]


def test_the_percentage_is_of_all_parts_together(measured):
    """Four of seven, and none of two."""
    assert 100 * 4 / 9 == measured.percent
    assert (True, False, False) == tuple(map(measured.is_below, (44.5, 44.4, None)))


def test_coverage_as_data(measured):
    """Each part with how often it was reached."""
    data = as_data(measured.covered())

    assert 57.14 == data["m/pay.asl.json"]["percent"]
    assert {
        "pointer": "/States/Charge", "kind": "state", "state": "Charge", "words": "state 'Charge'", "reached": 1,
    } == data["m/pay.asl.json"]["parts"][0]  # fmt: skip


def test_coverage_as_a_page(measured):
    """The words of a definition cannot break it."""
    text = page(measured.covered())

    assert "<td>57 %</td>" in text
    assert "<li>state &#x27;Cancel&#x27; <code>/States/Cancel</code></li>" in text
    assert text.count("<h2") == text.count("<img") == 2


def test_counts_of_several_workflows_add_up(measured, folder):
    """Each test has loaded one of its own."""
    again = Workflow(folder / "m/pay.asl.json").mock("Charge", TaskError("CardDeclined"))
    again.run()
    measured.watch(folder / "m/pay.asl.json", again)

    counts = measured.covered()[1].counts
    assert (2, 1, 1) == tuple(counts[f"/States/{name}"] for name in ("Charge", "Ship", "Cancel"))


def test_counts_of_another_process_add_up(measured, folder):
    """What came before the test run's own is kept."""
    other = CoverageRun(["m"], [])
    other.add(measured.counts())
    other.add({str((folder / "m/pay.asl.json").resolve()): {"/States/Cancel": 2, "/States/Charge": 1}})

    pay = other.covered()[1]
    assert (2, 2) == (pay.counts["/States/Charge"], pay.counts["/States/Cancel"])
    assert other.percent > measured.percent


def test_a_picture_is_coloured_by_what_was_reached(folder):
    """What was reached is green, what was not is pale, and taken ways are heavy."""
    work = payment().mock("Charge", {}).mock("ShipGoods", {})
    before = coverage_picture(work.machine.model, work.coverage)
    work.run()
    after = coverage_picture(work.machine.model, work.coverage)

    assert ElementTree.fromstring(after).tag.endswith("svg")
    assert "57 % reached" in " ".join(ElementTree.fromstring(after).itertext())
    assert before != after
    assert (0, 2) == (before.count('succeeded"'), after.count('succeeded"'))


def test_a_path_without_definitions_is_refused(folder):
    """Whether it is there or not."""
    (folder / "empty").mkdir()

    for path in ("empty", "nowhere"):
        with pytest.raises(ValueError, match=f"{path} has no definitions: no file that ends with .asl.json"):
            CoverageRun([path], [])


def test_a_report_that_is_not_known_is_refused(folder):
    """The error lists those that are."""
    with pytest.raises(ValueError, match="unknown report 'xml'; choose one of term, term-missing, json"):
        CoverageRun(["m"], ["xml:file"])
