"""From rows to the tree: operators are grouped by their binding powers, and paths become lists of steps.

This is operator precedence parsing as in the reference: a loop takes operators and suffixes from the row as long as
they bind more tightly than what stands to the left. `a.b` joins the steps of both sides into one path; filters move to
the step that they follow; a string used as a step is a name. What no grammar can tell is refused here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax import ancestry
from asl_engine.lang.jsonata.syntax.literals import number_of, unquote
from asl_engine.lang.jsonata.syntax.rows import Piece, Row, read_rows
from asl_engine.lang.jsonata.syntax.steps import CONSTANTS, as_step, filtered, joined, keep
from asl_engine.lang.jsonata.syntax.tree import (
    Apply,
    Array,
    Binary,
    Bind,
    Block,
    Call,
    Condition,
    Descendants,
    Lambda,
    Literal,
    Name,
    Negation,
    Node,
    Object,
    Parent,
    Path,
    Placeholder,
    Regex,
    Slot,
    Sort,
    Transform,
    Variable,
    Wildcard,
)
from asl_engine.lang.jsonata.values.signatures import parse_signature

POWERS: Final = {
    **dict.fromkeys(("predicate", "call", "focus", "index"), 80),
    ".": 75,
    "grouping": 70,
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("+", "-", "&"), 50),
    **dict.fromkeys(("sorting", "=", "!=", "<", "<=", ">", ">=", "~>", "in"), 40),
    "and": 30,
    "or": 25,
    "condition": 20,
    ":=": 10,
}
SIGN: Final = 70
MAX_LENGTH: Final = 262_144
"""Characters of an expression: its tree takes half a kilobyte for each. Nobody writes a tenth of it."""


class Parsed(NamedTuple):
    """An expression that was read: its tree, which variables it uses, and whether `:=` occurs."""

    tree: Node
    variables: set[str]
    binds: bool


def parse(text: str) -> Parsed:
    """Return the expression; raise JSONataError if the text is not one."""
    if len(text) > MAX_LENGTH:
        raise JSONataError("U1001", 0, message=f"The expression is longer than {MAX_LENGTH} characters")
    try:
        builder = _Builder()
        tree = builder.expression(read_rows(text))
    except RecursionError:
        raise JSONataError("U1001", 0, message="The expression is nested too deeply") from None
    if isinstance(tree, Parent) or tree.seeking is not None:
        raise JSONataError("S0217", tree.position, type(tree).__name__.lower())
    return Parsed(tree, builder.variables, builder.binds)


class _Builder:
    """Builds one tree; counts the `%` for their labels."""

    def __init__(self) -> None:
        self.labels = 0
        self.variables: set[str] = set()
        self.binds = False

    def expression(self, row: Row) -> Node:
        if len(row) == 1:
            return self._atom(row[0])
        return _Climb(self, row).climb(0)[0]

    def _atom(self, item: Any) -> Node:
        return _ATOMS[item.type](self, item)

    def atom(self, item: Any) -> tuple[Node, str]:
        """Return the node of an operand, and its kind as the rules for what follows know it."""
        return self._atom(item), item.type

    # --- tokens

    def name(self, token: Any) -> Node:
        name = str(token)
        if name in CONSTANTS:
            return Literal(CONSTANTS[name], token.end_pos)
        return Path([Name(name, token.end_pos)], token.end_pos)

    def fields(self, token: Any) -> Node:
        first, *names = str(token).split(".")
        at = int(token.start_pos) + len(first)
        if first.startswith("$"):
            steps: list[Node] = [self._variable(first[1:], at)]
        else:
            steps = [Name(first, at) if first not in CONSTANTS else as_step(Literal(CONSTANTS[first], at))]
        for name in names:
            at += len(name) + 1
            steps.append(Name(name, at) if name not in CONSTANTS else as_step(Literal(CONSTANTS[name], at)))
        return Path(steps, steps[0].position)

    def quoted(self, token: Any) -> Node:
        return Path([Name(str(token)[1:-1], token.end_pos)], token.end_pos)

    def variable(self, token: Any) -> Node:
        return self._variable(str(token)[1:], token.end_pos)

    def _variable(self, name: str, position: int) -> Node:
        self.variables.add(name)
        return Variable(name, position)

    def string(self, token: Any) -> Node:
        return Literal(unquote(str(token), token.start_pos), token.end_pos)

    def number(self, token: Any) -> Node:
        return Literal(number_of(str(token), token.start_pos), token.end_pos)

    def regex(self, token: Any) -> Node:
        pattern, _, flags = str(token)[1:].rpartition("/")
        return Regex(pattern, flags, token.end_pos)

    def wildcard(self, token: Any) -> Node:
        return Wildcard(token.end_pos) if len(token) == 1 else Descendants(token.end_pos)

    def parent(self, token: Any) -> Node:
        self.labels += 1
        return Parent(Slot(f"!{self.labels}"), token.end_pos)

    # --- pieces

    def block(self, piece: Piece) -> Node:
        expressions = [self.expression(row) for row in piece.parts[1:]]
        block = Block(expressions, piece.end_pos)
        for part in expressions:
            ancestry.carry(block, part)
            if part.is_kept_whole or (isinstance(part, Path) and part.steps[0].is_kept_whole):
                block.is_kept_whole = True
        return block

    def array(self, piece: Piece) -> Node:
        rows = piece.parts[1:]
        items = [self._range(row) if isinstance(row, Piece) else self.expression(row) for row in rows]
        array = Array(items, [isinstance(item, Array) for item in items], piece.end_pos)
        for item in items:
            ancestry.carry(array, item)
        return array

    def _range(self, piece: Piece) -> Node:
        start, dots, end = piece.parts
        return self.binary("..", self.expression(start), self.expression(end), dots.end_pos)

    def object(self, piece: Piece) -> Object:
        made = Object([], piece.end_pos)
        for key_row, value_row in zip(piece.parts[1::2], piece.parts[2::2], strict=True):
            key = self.expression(key_row)
            ancestry.carry(made, key)
            value = self.expression(value_row)
            ancestry.carry(made, value)
            made.pairs.append((key, value))
        return made

    def transform(self, piece: Piece) -> Node:
        rows = [part for part in piece.parts if isinstance(part, list)]
        pattern, update = self.expression(rows[0]), self.expression(rows[1])
        delete = self.expression(rows[2]) if len(rows) > 2 else None
        return Transform(pattern, update, delete, piece.end_pos)

    def function(self, piece: Piece) -> Node:
        _, *arguments, body = piece.parts
        signature = None
        if arguments and getattr(arguments[-1], "type", "") == "SIGNATURE":
            signature = self._signature(arguments.pop())
        parameters = [self._parameter(row, number) for number, row in enumerate(arguments, 1)]
        return Lambda(parameters, self.expression(body), signature, piece.end_pos)

    def _parameter(self, row: Any, number: int) -> str:
        if isinstance(row, list) and len(row) == 1 and row[0].type == "VARIABLE":
            return str(row[0])[1:]
        first = row[0] if isinstance(row, list) else row
        token = str(first) if isinstance(first, str) else first.type
        raise JSONataError("S0208", first.end_pos, token, number)

    def _signature(self, token: Any) -> str:
        text = "".join(str(token).split())
        try:
            parse_signature(text)
        except JSONataError as error:
            error.position = token.start_pos + 1 + error.details.get("offset", 0)
            raise
        return text

    # --- operators

    def binary(self, operator: str, left: Node, right: Node, position: int) -> Node:
        node = Binary(operator, left, right, position)
        ancestry.carry(node, left)
        ancestry.carry(node, right)
        return node

    def arguments(self, rows: list[Any]) -> list[Node]:
        return [self.expression(row) if isinstance(row, list) else Placeholder(row.end_pos) for row in rows]


_ATOMS: Final[dict[str, Callable[[_Builder, Any], Node]]] = {
    "FIELDS": _Builder.fields,
    "NAME": _Builder.name,
    "QUOTED": _Builder.quoted,
    "VARIABLE": _Builder.variable,
    "STRING": _Builder.string,
    "NUMBER": _Builder.number,
    "REGEX": _Builder.regex,
    "WILDCARD": _Builder.wildcard,
    "PARENT": _Builder.parent,
    "block": _Builder.block,
    "array": _Builder.array,
    "object": _Builder.object,
    "transform": _Builder.transform,
    "lambda": _Builder.function,
}


class _Climb:
    """One row, and how far it is read."""

    def __init__(self, builder: _Builder, row: Row) -> None:
        self.builder = builder
        self.row = row
        self.at = 0

    def climb(self, power: int) -> tuple[Node, str]:
        """Return what binds more tightly than `power` from here on, and of which kind it is."""
        item: Any = self.row[self.at]
        self.at += 1
        if item.type == "MINUS":
            left, kind = self._negated(self.climb(SIGN)[0], item.end_pos), "MINUS"
        else:
            left, kind = self.builder.atom(item)
        while self.at < len(self.row):
            item = self.row[self.at]
            key = str(item) if item.type == "INFIX" else item.type
            if POWERS[key] <= power:
                break
            self.at += 1
            left, kind = self._infix(key, left, kind, item) if item.type == "INFIX" else self._suffix(left, kind, item)
        return left, kind

    def _negated(self, operand: Node, position: int) -> Node:
        if isinstance(operand, Literal) and type(operand.value) in (int, float):
            operand.value = -operand.value
            return operand
        node = Negation(operand, position)
        ancestry.carry(node, operand)
        return node

    def _infix(self, operator: str, left: Node, kind: str, token: Any) -> tuple[Node, str]:
        position = token.end_pos
        if operator == ":=":
            return self._bind(left, kind, position), operator
        right = self.climb(POWERS[operator])[0]
        if operator == ".":
            return joined(left, right), operator
        if operator == "~>":
            node = Apply(left, right, position)
            node.keep_array = left.keep_array or right.keep_array
            return node, operator
        return self.builder.binary(operator, left, right, position), operator

    def _bind(self, left: Node, kind: str, position: int) -> Node:
        if kind != "VARIABLE" or not isinstance(left, Variable) or left.predicates:
            raise JSONataError("S0212", left.position, getattr(left, "value", None))
        value = self.climb(POWERS[":="] - 1)[0]
        self.builder.binds = True
        node = Bind(left.name, value, position)
        ancestry.carry(node, value)
        return node

    def _suffix(self, left: Node, kind: str, piece: Piece) -> tuple[Node, str]:
        if piece.type == "predicate":
            if len(piece.parts) == 1:
                keep(left, kind)
            else:
                filtered(left, self.builder.expression(piece.parts[1]), piece.end_pos)
                if isinstance(left, Path) and kind == "FIELDS":
                    ancestry.resolve(left)
            return left, kind
        result: Node = getattr(self, f"_{piece.type}")(left, piece)
        return result, piece.type

    def _grouping(self, left: Node, piece: Piece) -> Node:
        if left.group is not None:
            raise JSONataError("S0210", piece.end_pos)
        left.group = self.builder.object(piece)
        left.group.seeking = None
        return left

    def _call(self, left: Node, piece: Piece) -> Node:
        arguments = self.builder.arguments(piece.parts[1:])
        node = Call(left, arguments, piece.end_pos)
        for argument in arguments:
            ancestry.carry(node, argument)
        return node

    def _sorting(self, left: Node, piece: Piece) -> Node:
        path = left if isinstance(left, Path) else Path([left], left.position)
        sort = Sort([], piece.end_pos)
        for term in piece.parts[1:]:
            expression = self.builder.expression(term.parts[-1])
            ancestry.carry(sort, expression)
            sort.terms.append((expression, str(term.parts[0]) == ">" if len(term.parts) > 1 else False))
        path.steps.append(sort)
        ancestry.resolve(path)
        return path

    def _condition(self, left: Node, piece: Piece) -> Node:
        then = self.builder.expression(piece.parts[1])
        other = self.builder.expression(piece.parts[2]) if len(piece.parts) > 2 else None
        node = Condition(left, then, other, piece.end_pos)
        for part in (left, then, other):
            if part is not None:
                ancestry.carry(node, part)
        return node

    def _focus(self, left: Node, piece: Piece) -> Node:
        step = left.steps[-1] if isinstance(left, Path) else left
        if step.stages is not None or step.predicates is not None:
            raise JSONataError("S0215", piece.end_pos)
        if isinstance(step, Sort):
            raise JSONataError("S0216", piece.end_pos)
        step.focus = str(piece.parts[1])[1:]
        step.is_tuple = True
        return left

    def _index(self, left: Node, piece: Piece) -> Node:
        path = left if isinstance(left, Path) else Path([left], left.position)
        step = path.steps[-1]
        if path is not left and step.predicates is not None:
            step.stages, step.predicates = list(step.predicates), None
        name = str(piece.parts[1])[1:]
        if step.stages is None:
            step.index = name
        else:
            step.stages.append(name)
        step.is_tuple = True
        return path
