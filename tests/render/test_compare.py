"""What changed between two definitions, as a graph, as text, and as a picture."""

from __future__ import annotations

from typing import Any

from asl_engine.model.states import StateMachine
from asl_engine.render.compare import compare
from asl_engine.render.draw import draw_changes
from asl_engine.render.graph import END
from tests.render.machines import machine, named, order


def test_the_same_definition_twice() -> None:
    found = compare(order(), order())
    assert found.summary == "nothing changed"
    assert {node["status"] for _, node in found.graph.nodes(data=True)} == {"same"}


def test_a_state_put_between_two_others() -> None:
    found = compare(named("A", "B"), named("A", "New", "B"))
    assert found.lines == (
        "states: 1 added; transitions: 1 added, 1 removed",
        "+ New",
        "+ A → New",
        "− A → B",
    )
    assert found.graph.nodes["/States/New"]["status"] == "added"
    assert found.graph.edges["/States/A", "/States/B"]["changes"] == {False: "removed"}


def test_a_removed_state_stays_in_the_picture() -> None:
    found = compare(named("A", "Old"), named("A"))
    assert found.graph.nodes["/States/Old"]["status"] == "removed"
    assert found.graph.edges["/States/A", END]["changes"] == {False: "added"}
    svg, _ = draw_changes(named("A", "Old"), named("A"))
    assert isinstance(svg, str)
    assert "is-removed" in svg


def test_changed_fields_are_named_with_their_values() -> None:
    old = machine(
        "W", W={"Type": "Wait", "Seconds": 3, "Next": "T"}, T={"Type": "Task", "Resource": "arn:x", "End": True}
    )
    new = machine(
        "W",
        W={"Type": "Wait", "Seconds": 60, "Comment": "longer", "Next": "T"},
        T={"Type": "Task", "Resource": "arn:x", "Retry": [{"ErrorEquals": ["E"]}], "End": True},
    )
    found = compare(old, new)
    assert "~ W: Comment added, Seconds: 3 → 60" in found.lines
    assert "~ T: Retry added" in found.lines
    assert found.graph.nodes["/States/W"]["note"] == "changed: Comment, Seconds"


def test_long_values_show_where_they_differ() -> None:
    start = "arn:aws:lambda:us-east-1:123456789012:function:"
    old, new = (
        machine("T", T={"Type": "Task", "Resource": start + name, "End": True}) for name in ("SayHi", "SayHello")
    )
    assert "~ T: Resource: …unction:SayH" in compare(old, new).summary
    assert compare(old, new).summary.endswith('SayHello"')


def test_another_type_is_the_one_change_that_is_told() -> None:
    old, new = machine("A", A={"Type": "Pass", "End": True}), machine("A", A={"Type": "Succeed"})
    assert compare(old, new).lines[1:] == ("~ A: Type: Pass → Succeed",)


def choosing(*rules: tuple[int, str]) -> StateMachine:
    choices = [{"Variable": "$.n", "NumericEquals": number, "Next": to} for number, to in rules]
    return machine(
        "C", C={"Type": "Choice", "Choices": choices, "Default": "B"}, A={"Type": "Succeed"}, B={"Type": "Succeed"}
    )


def test_a_rule_that_leads_elsewhere_is_a_transition() -> None:
    found = compare(choosing((1, "A")), choosing((1, "B")))
    assert found.lines == (
        "states: none changed; transitions: 1 added, 1 removed",
        "+ C → B ($.n = 1)",
        "− C → A ($.n = 1)",
    )
    labels = [item.label for item in found.graph.edges["/States/C", "/States/B"]["transitions"]]
    assert labels == ["+ $.n = 1", "otherwise"]


def test_rules_in_another_order_are_a_change() -> None:
    found = compare(choosing((1, "A"), (2, "B")), choosing((2, "B"), (1, "A")))
    assert found.lines[1:] == ("~ C: Choices changed",)


def test_what_changed_inside_a_parallel_is_told_with_its_place() -> None:
    old, new = order(), order()
    charge: Any = new.states["Both"]
    charge.branches[0].states["Charge"].resource = "arn:y"
    found = compare(old, new)
    assert found.lines[1:] == ('~ Both / Charge: Resource: "arn:x" → "arn:y"',)
    svg, _ = draw_changes(old, new, look={"is_folded": True})
    assert isinstance(svg, str)
    assert "frame" not in svg.partition("</style>")[2]
    assert "state type-parallel notes-1 is-changed" in svg


def test_a_branch_and_a_field_of_the_machine() -> None:
    old, new = order(), order()
    both: Any = new.states["Both"]
    both.branches.pop()
    new.timeout_seconds = 30
    found = compare(old, new)
    assert found.lines[1:] == ("~ the state machine: TimeoutSeconds added", "− Both / Ship", "− Both → Both / Ship")


def test_markdown_has_the_title_as_a_heading() -> None:
    """Mermaid shows none, and a page may have the pictures of several machines. Nothing in it is markup."""
    text, _ = draw_changes(named("A"), named("B"), "markdown", {"title": "machines/pay_in.asl.json <b>"})

    assert text.startswith("## machines/pay\\_in.asl.json \\<b\\>\n\n```text\n")


def test_markdown_has_the_summary_and_the_picture() -> None:
    text, _ = draw_changes(named("A", "B"), named("A", "```", "B"), "markdown")
    assert isinstance(text, str)
    assert text.startswith("```text\nstates: 1 added;")
    assert text.count("```") == 4
    assert "classDef added" in text
    assert "linkStyle" in text
