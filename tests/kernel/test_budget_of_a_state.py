"""What the expressions of one state may cost together: as much as one of them, so that no state lets others wait."""

from __future__ import annotations

import pytest
from conftest import chain, one_state

from asl_engine.lang import budget

MANY = 100
"""So many parts would take ten times what a state has."""

QUERY = "{% $count([1..500].($ * 2)) %}"
SEARCH = "$.items[?(@.a in $.items..b)]"
INPUT = {"items": [{"a": n, "b": n} for n in range(20)], "long": list(range(3_000))}
UNIQUE = "States.ArrayLength(States.ArrayUnique($.long))"


@pytest.fixture(autouse=True)
def _few_items_are_much(monkeypatch):
    """A state has a budget of ten thousand items, so that these stories are short."""
    monkeypatch.setattr(budget, "MAX_WORK", 10_000)
    monkeypatch.setattr(budget, "MAX_SECONDS", 60.0)
    monkeypatch.setattr(budget, "BETWEEN_LOOKS", 1_000)


def query_fields(count):
    return {f"f{n}": QUERY for n in range(count)}


def path_fields(count, text=SEARCH):
    return {f"f{n}.$": text for n in range(count)}


def jsonata(**fields):
    return {**one_state(**fields), "QueryLanguage": "JSONata"}


def conditions(count):
    rules = [{"Condition": QUERY.replace(" %}", " = 1 %}"), "Next": "S"} for _ in range(count)]
    return {**chain(C={"Type": "Choice", "Choices": rules, "Default": "S"}, S=END), "QueryLanguage": "JSONata"}


BRANCH = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
PARALLEL = {"Type": "Parallel", "Branches": [BRANCH]}
END = {"Type": "Succeed"}

PARTS = {
    "conditions": conditions,
    "outputs": lambda count: jsonata(Type="Pass", Output=query_fields(count)),
    "variables": lambda count: jsonata(Type="Pass", Assign=query_fields(count)),
    "arguments and outputs": lambda count: jsonata(
        Type="Task", Resource="f", Arguments=query_fields(count), Output=query_fields(count)
    ),
    "results of branches": lambda count: jsonata(**PARALLEL, Output=query_fields(count)),
    "terms of an expression": lambda count: jsonata(
        Type="Pass", Output="{% [" + ",".join([QUERY[2:-2]] * count) + "] %}"
    ),
    "payloads of batches": lambda count: jsonata(
        Type="Map",
        Items=[1],
        ItemBatcher={"MaxItemsPerBatch": 1, "BatchInput": query_fields(count)},
        ItemProcessor={**BRANCH, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
    ),
    "one item": lambda count: jsonata(Type="Map", Items=[1], ItemSelector=query_fields(count), ItemProcessor=BRANCH),
    "paths": lambda count: one_state(Type="Pass", Parameters=path_fields(count)),
    "paths of variables": lambda count: one_state(Type="Pass", Assign=path_fields(count)),
    "paths of results": lambda count: one_state(
        Type="Task", Resource="f", ResultSelector=path_fields(count), ResultPath="$.r"
    ),
    "paths of branches": lambda count: one_state(
        **PARALLEL, ResultSelector=path_fields(count, SEARCH.replace("$.", "$[0]."))
    ),
    "intrinsic calls": lambda count: one_state(Type="Pass", Parameters=path_fields(count, UNIQUE)),
    "arguments of a call": lambda count: one_state(
        Type="Pass", Parameters={"x.$": f"States.Array({', '.join([UNIQUE] * count)})"}
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_many_parts_of_a_state_have_the_budget_of_one(run, part):
    """Each of them passes alone, and all together fail the state in the words of its language."""
    machine = PARTS[part]
    alone, together = (run(machine(count), INPUT, f=lambda event, _: INPUT) for count in (1, MANY))

    assert "SUCCEEDED" == alone.status
    assert "FAILED" == together.status
    says = "memory limit exceeded" if together.error == "States.QueryEvaluationError" else "takes too long"
    assert says in together.cause


def test_the_clock_goes_on_from_part_to_part(run, monkeypatch):
    """Parts that are each too short for a look at the clock end in time together."""
    monkeypatch.setattr(budget, "MAX_WORK", 10**9)
    monkeypatch.setattr(budget, "MAX_SECONDS", 0.05)

    late = run(conditions(1_000), INPUT)
    assert "timeout: Check for infinite loop" in late.cause


def test_each_state_and_each_visit_has_its_own(run):
    """Many states after each other, a retry and a catcher go on as if nothing had been."""
    state = {"Type": "Pass", "Output": query_fields(3), "Assign": query_fields(3)}
    machine = {**chain(**{f"S{n}": state for n in range(MANY)}), "QueryLanguage": "JSONata"}
    assert "SUCCEEDED" == run(machine, INPUT).status

    ever = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "IntervalSeconds": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Output": query_fields(6), "Next": "Z"}]
    task = {"Type": "Task", "Resource": "f", "Arguments": query_fields(MANY), "Retry": ever, "Catch": catch}
    caught = run({**chain(S=task, Z={"Type": "Pass"}), "QueryLanguage": "JSONata"}, INPUT)
    assert ("SUCCEEDED", 500) == (caught.status, caught.output["f0"])


def test_what_is_small_is_not_counted(run):
    """A thousand small fields have room, as each of them is nearly nothing."""
    small = {f"f{n}": "{% $count([1..20]) %}" for n in range(1_000)}
    assert "SUCCEEDED" == run(jsonata(Type="Pass", Output={"list": list(small.values())[:100]}), INPUT).status
    assert (
        "SUCCEEDED"
        == run(one_state(Type="Pass", Parameters=path_fields(1_000, "States.ArrayLength($.long)")), INPUT).status
    )


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_each_item_of_a_map_has_its_own(run, mode, language):
    """A Map of many items, each shaped with much work, comes to its end."""
    if mode == "DISTRIBUTED" and run.__name__ != "play":
        pytest.skip("the family of a Map Run has snapshots of its own")
    config = {"Mode": mode} if mode == "INLINE" else {"Mode": mode, "ExecutionType": "STANDARD"}
    selector = query_fields(3) if language == "JSONata" else path_fields(3)
    machine = {
        **one_state(
            Type="Map",
            ItemSelector=selector,
            ItemProcessor={**BRANCH, "ProcessorConfig": config},
            **({"Items": "{% $states.input.items %}"} if language == "JSONata" else {"ItemsPath": "$.items"}),
        ),
        "QueryLanguage": language,
    }
    assert "SUCCEEDED" == run(machine, INPUT).status
