"""What the JSONata of a document reads, and what is wrong with it: each expression is read once for all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.pointers import texts
from asl_engine.remembered import remembered
from asl_engine.rules.expressions import jsonata_fields
from asl_engine.rules.outline import Outline, is_open

if TYPE_CHECKING:
    from asl_engine.lang.jsonata import Expression

MOST_BROKEN: Final = 1_001
"""Expressions with a mistake after which no further ones are read: to explain one takes a millisecond, and a rule lists
fewer."""


class Reading(NamedTuple):
    """What is known of one expression: what is wrong with it, or what it reads and gives; names stand once each."""

    problem: str = ""
    at_top: tuple[str, ...] = ()
    """What it reads of an input that is not there."""
    states: tuple[str, ...] = ()
    """The parts of `$states` that it reads by name."""
    error_output: tuple[str, ...] = ()
    """What it reads of `$states.errorOutput`."""
    variables: frozenset[str] = frozenset()
    calls_eval: bool = False
    gives: str = ""
    """In words what it gives, where that is sure to be no boolean."""


NOTHING: Final = Reading()


def readings(outline: Outline) -> dict[str, Reading]:
    """Return the reading of each expression, by its text in `{% %}`; ask for it with `outline.once`."""
    from asl_engine.lang.aws_jsonata import is_expression

    read: dict[str, Reading] = {}
    broken = 0
    for site, name in jsonata_fields(outline):
        for _, _, text in texts(getattr(site.part, name), site.at(name)):
            if text not in read and is_expression(text):
                read[text] = _reading(text)
                broken += bool(read[text].problem)
                if broken >= MOST_BROKEN:
                    return read
    return read


@remembered(4096)  # texts repeat, also from one definition to the next
def _reading(text: str) -> Reading:
    from asl_engine.lang.aws_jsonata import read_expression, states_read
    from asl_engine.lang.jsonata.syntax.names import free_variables

    try:
        expression = read_expression(text)
    except ExpressionSyntaxError as error:
        return NOTHING if is_open(text) else Reading(str(error) or "it cannot be read")
    paths = list(states_read(expression)) if "states" in text else []
    error_paths = (path for path in paths if path[0] == "errorOutput" and len(path) > 1)
    return Reading(
        at_top=tuple(dict.fromkeys(name for name, _ in expression.reads())),
        states=tuple(dict.fromkeys(path[0] for path in paths)),
        error_output=tuple(dict.fromkeys(path[1] for path in error_paths)),
        variables=frozenset() if "${" in text else free_variables(expression.tree),
        calls_eval="$eval" in text and _calls_eval(expression),
        gives=_gives(expression),
    )


def _calls_eval(expression: Expression) -> bool:
    from asl_engine.lang.jsonata.syntax.tree import Bind, Variable

    nodes = list(expression.tree.walk())
    is_bound = any(isinstance(node, Bind) and node.name == "eval" for node in nodes)
    return not is_bound and any(isinstance(node, Variable) and node.name == "eval" for node in nodes)


def _gives(expression: Expression) -> str:
    """Return in words what an expression gives, where that is sure to be no boolean; nothing where it is not sure."""
    from asl_engine.lang.jsonata.syntax.tree import Array, Binary, Call, Literal, Negation, Object, Variable

    node = expression.tree
    if node.predicates or node.group is not None:
        return ""
    if isinstance(node, Literal):
        return "" if isinstance(node.value, bool) else "a constant"
    if isinstance(node, Negation) or (isinstance(node, Binary) and node.operator in ("+", "-", "*", "/", "%")):
        return "a number"
    if isinstance(node, Binary) and node.operator == "&":
        return "a text"
    if isinstance(node, Call) and isinstance(node.procedure, Variable):
        return _GIVES.get(node.procedure.name, "")
    return {Array: "an array", Object: "an object"}.get(type(node), "")


_GIVES: Final = {
    **dict.fromkeys(("count", "sum", "average", "length", "abs", "floor", "ceil", "round", "millis"), "a number"),
    **dict.fromkeys(("string", "lowercase", "uppercase", "trim", "join", "type", "now", "uuid", "hash"), "a text"),
    **dict.fromkeys(("split", "range", "partition"), "an array"),
}
"""What functions give that never give a boolean."""
