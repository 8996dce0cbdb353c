"""The parsed expression: small nodes, in the shape that the language means rather than the one it is written in.

`a.b[0]` is one `Path` of two steps, the second with a filter among its stages; `-1` is a literal. What a step carries
besides its kind (filters, a grouping, `@$v`, `#$i`, whether a `%` further on needs it) are attributes that most nodes
leave at their defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Slot:
    """Where a `%` finds the value that it stands for: a hidden variable, filled by the step `level` steps before."""

    __slots__ = ("label", "level")

    def __init__(self, label: str) -> None:
        self.label = label
        self.level = 1


class Node:
    """What all nodes have."""

    position: int = 0
    predicates: list[Node] | None = None
    """Filters on the value of a node that is no step."""
    stages: list[Node | str] | None = None
    """Filters on the values of a step, and names of variables that take the position (`#$i` after a filter)."""
    group: Object | None = None
    keep_array: bool = False
    is_tuple: bool = False
    """Whether a path goes on from here with bindings beside its values."""
    focus: str | None = None
    index: str | None = None
    ancestor: Slot | None = None
    is_kept_whole: bool = False
    """Whether the array that a constructor makes stays one item of its path."""
    seeking: list[Slot] | None = None
    """Those `%` within, whose step is further out."""

    def children(self) -> Iterator[Node]:
        """Yield the nodes right below, in the order of the text."""
        yield from self._parts()
        yield from self.predicates or ()
        yield from (stage for stage in self.stages or () if isinstance(stage, Node))
        if self.group is not None:
            yield self.group

    def parts(self) -> Iterator[Node]:
        """Yield the nodes that it is made of, without its filters and its grouping."""
        return self._parts()

    def _parts(self) -> Iterator[Node]:
        return iter(())

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(list(node.children())))


class Literal(Node):
    """A string, a number, true, false or null."""

    def __init__(self, value: Any, position: int) -> None:
        self.value = value
        self.position = position


class Name(Node):
    """A field, always a step of a path."""

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.position = position


class Wildcard(Node):
    """`*`: every field."""

    def __init__(self, position: int) -> None:
        self.position = position


class Descendants(Node):
    """`**`: everything below."""

    def __init__(self, position: int) -> None:
        self.position = position


class Parent(Node):
    """`%`: the object that holds what the path found."""

    def __init__(self, slot: Slot, position: int) -> None:
        self.slot = slot
        self.position = position


class Variable(Node):
    """`$name`; the empty name is the context `$`, and `$` the root `$$`."""

    def __init__(self, name: str, position: int) -> None:
        self.name = name
        self.position = position


class Regex(Node):
    """`/pattern/flags`."""

    def __init__(self, pattern: str, flags: str, position: int) -> None:
        self.pattern = pattern
        self.flags = flags
        self.position = position


class Placeholder(Node):
    """A `?` among arguments."""

    def __init__(self, position: int) -> None:
        self.position = position


class Path(Node):
    """Steps, each applied to every value of the one before."""

    def __init__(self, steps: list[Node], position: int) -> None:
        self.steps = steps
        self.position = position
        self.keeps_singleton = False

    def _parts(self) -> Iterator[Node]:
        return iter(self.steps)


class Binary(Node):
    """An operator between two values."""

    def __init__(self, operator: str, left: Node, right: Node, position: int) -> None:
        self.operator = operator
        self.left = left
        self.right = right
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.left, self.right))


class Negation(Node):
    """A minus sign before anything but a literal."""

    def __init__(self, operand: Node, position: int) -> None:
        self.operand = operand
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.operand,))


class Array(Node):
    """`[...]`; ranges are `Binary` nodes with the operator `..`."""

    def __init__(self, items: list[Node], explicit: list[bool], position: int) -> None:
        self.items = items
        self.explicit = explicit
        """Which items are array constructors themselves: those stay arrays in the array."""
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter(self.items)


class Object(Node):
    """`{...}`, as a value or, at the end of a path, as a grouping."""

    def __init__(self, pairs: list[tuple[Node, Node]], position: int) -> None:
        self.pairs = pairs
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return (node for pair in self.pairs for node in pair)


class Block(Node):
    """`(...; ...)`."""

    def __init__(self, expressions: list[Node], position: int) -> None:
        self.expressions = expressions
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter(self.expressions)


class Condition(Node):
    """`a ? b : c`, or without an else."""

    def __init__(self, test: Node, then: Node, other: Node | None, position: int) -> None:
        self.test = test
        self.then = then
        self.other = other
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.test, self.then) if self.other is None else (self.test, self.then, self.other))


class Bind(Node):
    """`$name := value`."""

    def __init__(self, name: str, value: Node, position: int) -> None:
        self.name = name
        self.value = value
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.value,))


class Call(Node):
    """`f(x, y)`; with a placeholder among the arguments it makes a function."""

    def __init__(self, procedure: Node, arguments: list[Node], position: int) -> None:
        self.procedure = procedure
        self.arguments = arguments
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.procedure, *self.arguments))

    @property
    def is_partial(self) -> bool:
        """Whether arguments are left open."""
        return any(isinstance(argument, Placeholder) for argument in self.arguments)


class Lambda(Node):
    """`function($x, $y)<signature>{body}`."""

    def __init__(self, parameters: list[str], body: Node, signature: str | None, position: int) -> None:
        self.parameters = parameters
        self.body = body
        self.signature = signature
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.body,))


class Apply(Node):
    """`x ~> f`."""

    def __init__(self, left: Node, right: Node, position: int) -> None:
        self.left = left
        self.right = right
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.left, self.right))


class Sort(Node):
    """`^(>a, b)`, always a step; a term is an expression and whether it is descending."""

    def __init__(self, terms: list[tuple[Node, bool]], position: int) -> None:
        self.terms = terms
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return (node for node, _ in self.terms)


class Transform(Node):
    """`|pattern|update, delete|`."""

    def __init__(self, pattern: Node, update: Node, delete: Node | None, position: int) -> None:
        self.pattern = pattern
        self.update = update
        self.delete = delete
        self.position = position

    def _parts(self) -> Iterator[Node]:
        return iter((self.pattern, self.update) if self.delete is None else (self.pattern, self.update, self.delete))
