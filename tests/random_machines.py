"""State machines and inputs as chance would have them: what they are made of, for property tests."""

from __future__ import annotations

from conftest import chain
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text("xyz", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(["$", "$.a", "$.b.c", "$.a[0]", "$$.State.Name", "$$.Execution.Input"])
OPERATORS = st.sampled_from([("IsPresent", True), ("IsNumeric", False), ("NumericLessThan", 1), ("StringEquals", "x")])
DATA_FLOW = st.fixed_dictionaries(
    {}, optional={"InputPath": st.none() | PATHS, "OutputPath": st.none() | st.sampled_from(["$", "$.a"])}
)
RESULTS = st.fixed_dictionaries({}, optional={"ResultPath": st.sampled_from([None, "$", "$.a", "$.b.c", "$.a[0]"])})
TEMPLATES = st.dictionaries(KEYS, JSON, max_size=2) | st.dictionaries(
    KEYS.map(lambda key: key + ".$"), PATHS, max_size=2
)
HANDLERS = {
    "Retry": st.lists(
        st.fixed_dictionaries(
            {"ErrorEquals": st.sampled_from([["ValueError"], ["States.TaskFailed"], ["States.Timeout"]])},
            optional={"MaxAttempts": st.integers(0, 2), "JitterStrategy": st.just("FULL")},
        ),
        max_size=1,
    )
}


def passing():
    more = st.fixed_dictionaries(
        {"Type": st.just("Pass")}, optional={"Result": JSON, "Parameters": TEMPLATES, "Assign": TEMPLATES}
    )
    return st.builds(
        lambda *parts: {key: value for part in parts for key, value in part.items()}, more, DATA_FLOW, RESULTS
    )


def waiting():
    form = st.fixed_dictionaries({"Seconds": st.integers(0, 9)}) | st.fixed_dictionaries({"SecondsPath": PATHS})
    return st.builds(lambda one, two: {"Type": "Wait", **one, **two}, form, DATA_FLOW)


def working():
    more = st.fixed_dictionaries({}, optional={"Parameters": TEMPLATES, "TimeoutSeconds": st.just(5), **HANDLERS})
    return st.builds(
        lambda one, two, three: {"Type": "Task", "Resource": "f", **one, **two, **three}, more, DATA_FLOW, RESULTS
    )


def forking(blocks):
    parallel = st.fixed_dictionaries(
        {"Type": st.just("Parallel"), "Branches": st.lists(blocks, min_size=1, max_size=3)}, optional=HANDLERS
    )
    mapping = st.fixed_dictionaries(
        {"Type": st.just("Map"), "ItemProcessor": blocks},
        optional={
            "ItemsPath": PATHS,
            "MaxConcurrency": st.integers(0, 2),
            "ToleratedFailureCount": st.integers(0, 2),
            **HANDLERS,
        },
    )
    return st.builds(lambda one, two: {**one, **two}, parallel | mapping, RESULTS)


def block_of(states):
    return {"states": states}


BLOCKS = st.recursive(
    st.lists(passing() | waiting() | working(), min_size=1, max_size=3).map(block_of),
    lambda inner: st.lists(passing() | working() | forking(inner), min_size=1, max_size=3).map(block_of),
    max_leaves=4,
)
CHOICES = st.lists(st.tuples(PATHS, OPERATORS), max_size=2)


def named(block, names, choices=(), depth=0):
    """Return a `States` block with names that are unique in the whole machine, and variables of its depth."""
    states = {}
    for state in block["states"]:
        state = dict(state)
        if "Branches" in state:
            state["Branches"] = [named(branch, names, depth=depth + 1) for branch in state["Branches"]]
        if "ItemProcessor" in state:
            state["ItemProcessor"] = named(state["ItemProcessor"], names, depth=depth + 1)
        if "Assign" in state:
            state["Assign"] = {f"v{depth}{key}": value for key, value in state["Assign"].items()}
        states[f"S{next(names)}"] = state
    for variable, (operator, operand) in choices:
        end = f"S{next(names)}"
        rule = {"Variable": variable, operator: operand, "Next": end}
        states[f"S{next(names)}"] = {"Type": "Choice", "Choices": [rule], "Default": end}
        states[end] = {"Type": "Pass"}
    return chain(**states)


def sometimes(event, context):
    """Fail for some events, and give others back."""
    if len(str(event)) % 3 == 0:
        raise ValueError(str(event))
    return {"a": event}
