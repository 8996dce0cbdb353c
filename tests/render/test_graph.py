from __future__ import annotations

from asl_engine.render.graph import END, START, Transition, join_of, owner_of, state_graph
from tests.render.machines import machine, named, order

CHARGE = "/States/Both/Branches/0/States/Charge"


def test_nodes_are_keyed_by_pointer_at_any_depth() -> None:
    graph = state_graph(order())
    assert graph.nodes[CHARGE]["name"] == "Charge"
    assert graph.nodes[CHARGE]["block"] == "/States/Both/Branches/0"
    assert graph.nodes["/States/Both"]["inner"] == ("/States/Both/Branches/0", "/States/Both/Branches/1")


def test_attributes_tell_what_a_state_does() -> None:
    graph = state_graph(order())
    assert graph.nodes["/States/Check"]["kind"] == "Lambda · F"
    assert graph.nodes["/States/Check"]["retry"] == "retry up to 2×"
    assert graph.nodes["/States/Wait"]["kind"] == "Wait · 1 min"
    assert graph.nodes["/States/Done"]["is_terminal"]


def test_edges_carry_their_reasons() -> None:
    graph = state_graph(order())
    assert graph.edges["/States/Stock", "/States/Both"]["transitions"] == (Transition("choice", "$.n > 0"),)
    assert graph.edges["/States/Stock", "/States/Wait"]["transitions"] == (Transition("default", "otherwise"),)
    assert graph.edges["/States/Both", "/States/Refund"]["transitions"] == (Transition("catch", "States.ALL"),)


def test_several_reasons_share_an_edge() -> None:
    rules = [{"Variable": "$", "IsNull": True, "Next": "B"}, {"Variable": "$", "IsString": True, "Next": "B"}]
    graph = state_graph(machine("A", A={"Type": "Choice", "Choices": rules, "Default": "B"}, B={"Type": "Succeed"}))
    assert [item.why for item in graph.edges["/States/A", "/States/B"]["transitions"]] == [
        "choice",
        "choice",
        "default",
    ]


def test_start_end_and_joins() -> None:
    graph = state_graph(order())
    assert set(graph.successors(START)) == {"/States/Check"}
    assert set(graph.predecessors(END)) == {"/States/Done"}
    assert graph.has_edge(CHARGE, join_of("/States/Both"))


def test_a_fail_leads_nowhere() -> None:
    assert state_graph(order()).out_degree("/States/Refund") == 0


def test_a_target_that_does_not_exist_gets_a_node() -> None:
    graph = state_graph(machine("A", A={"Type": "Pass", "Next": "x/y"}))
    assert graph.nodes["/States/x~1y"]["type"] == "Missing"
    assert graph.nodes["/States/x~1y"]["name"] == "x/y"


def test_owners_of_blocks() -> None:
    assert owner_of("") == ""
    assert owner_of("/States/M/ItemProcessor") == "/States/M"
    assert owner_of("/States/M/ItemProcessor/States/P/Branches/12") == "/States/M/ItemProcessor/States/P"


def test_a_state_named_like_a_marker_keeps_its_pointer() -> None:
    assert "/States/#start" in state_graph(named("#start"))
