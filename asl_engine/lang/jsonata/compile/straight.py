"""Generated code for what runs often: the bodies of loops, and expressions that are evaluated again and again.

Closures call one another for every operator. Where a node is made of fields, constants and operators alone, one Python
function can do all of it in a straight line, on the assumption that the values are what they nearly always are:
objects on the way, numbers in arithmetic. Of `price * quantity > 10` it makes

    def code(i, e):
        try:
            v1 = i['price']
            v2 = i['quantity']
            if not type(v1) in NUMBERS:
                return slow(i, e)
            if not type(v2) in NUMBERS:
                return slow(i, e)
            v3 = v1 * v2
            if not (type(v3) is int and -9007199254740992 <= v3 <= 9007199254740992):
                v3 = settled(v3)
            v4 = v3 > 10
            return v4
        except (KeyError, TypeError, JSONataError):
            return slow(i, e)

with `i` the input and `e` the frame. Whatever else it meets (no object, a field that is not there, a text to multiply,
an error to report), it gives up and starts again with `slow`, the closures, which know every rule. So nothing here has
a rule of its own, and a property test compares the two. That works since nothing in such a node has an effect: it may
be evaluated twice. `$random()` may not, hence `_CALLED`.

The writer goes through the node once, from the leaves up. It gives each value a name where it is used twice, and knows
of each what kind it is, so that a product is not asked again whether it is a number; a kind that is not known costs a
test that gives up. Making the function takes a while, and so it is made only when the node has been evaluated
`bodies.WARM` times; a node that is too large, or has anything else in it, is left to the closures (`NotStraight`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.generated import NAMES, call, constant, is_text, item, name_of, negated, type_in
from asl_engine.lang.jsonata.compile.operators import chain
from asl_engine.lang.jsonata.compile.scopes import RUNTIME, Scope
from asl_engine.lang.jsonata.syntax.literals import MAX_SAFE
from asl_engine.lang.jsonata.syntax.tree import (
    Binary,
    Block,
    Call,
    Condition,
    Literal,
    Name,
    Negation,
    Node,
    Object,
    Path,
    Variable,
)
from asl_engine.lang.jsonata.values.functions import Code

MAX_NODES: Final = 300
"""The largest node, in nodes, that code is generated for."""


def straight(compiler: Compiler, node: Node, scope: Scope, depth: int, slow: Code) -> Code | None:
    """Return generated code for the node, with `slow` to fall back on; None where there is nothing to gain."""
    if not isinstance(node, (Binary, Object, Condition, Negation, Block, Path)):
        return None
    if isinstance(node, Path) and not _is_plain(node):
        return None
    size = sum(1 for _ in node.walk())
    if size > MAX_NODES or depth + size > compiler.deepest:
        return None
    try:
        return _Writer(compiler, scope, depth, slow).function(node)
    except (NotStraight, RecursionError):
        return None


class NotStraight(Exception):
    """The node needs the closures."""


# What is known of a value. The first four are values that JSON has, and never a sequence.
NUMBER: Final = "number"
TEXT: Final = "text"
TRUTH: Final = "truth"
JSON: Final = "json"
FOUND: Final = "found"
"""Found in an object: JSON, unless it was in something that the expression made."""
ANY: Final = "any"

_SURE: Final = frozenset({NUMBER, TEXT, TRUTH, JSON})

_ARITHMETIC: Final[dict[str, type[ast.operator] | str]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": "quotient",
    "%": "rest",
}
_ORDER: Final[dict[str, type[ast.cmpop]]] = {"<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE}

_CALLED: Final = frozenset({"random", "uuid", "shuffle", "eval"})
"""Functions that must not be called twice."""


class _Writer:
    """Writes one function. Each method returns an expression without effects, and what is known of its value."""

    def __init__(self, compiler: Compiler, scope: Scope, depth: int, slow: Code) -> None:
        self.compiler = compiler
        self.scope = scope
        self.depth = depth
        self.names: dict[str, Any] = {**NAMES, "slow": slow}
        self.block: list[ast.stmt] = []
        self.count = 0

    def function(self, node: Node) -> Code:
        exec(compile(self.module(node), "<jsonata>", "exec"), self.names)
        code: Code = self.names["code"]
        return code

    def module(self, node: Node) -> ast.Module:
        """Return the function as a module."""
        value, kind = self.value(node)
        if kind == FOUND:
            self.give_up_if(type_in(value, "MADE"))
        self.block.append(ast.Return(value))
        handler = ast.ExceptHandler(
            ast.Tuple([name_of("KeyError"), name_of("TypeError"), name_of("JSONataError")], ast.Load()),
            None,
            [self.give_up()],
        )
        module = ast.parse("def code(i, e): ...")
        function = module.body[0]
        assert isinstance(function, ast.FunctionDef)
        function.body = [ast.Try(self.block, [handler], [], [])]
        return ast.fix_missing_locations(module)

    def give_up(self) -> ast.stmt:
        return ast.Return(call("slow", name_of("i"), name_of("e")))

    def give_up_if(self, test: ast.expr) -> None:
        self.block.append(ast.If(test, [self.give_up()], []))

    def kept(self, value: ast.expr) -> ast.expr:
        """Give a value a name, and return that."""
        self.count += 1
        name = f"v{self.count}"
        self.block.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return name_of(name)

    def value(self, node: Node) -> tuple[ast.expr, str]:
        if node.predicates or node.group is not None or node.keep_array or node.is_tuple:
            return self.embedded(node)
        if isinstance(node, Literal):
            kinds = {str: TEXT, int: NUMBER, float: NUMBER, bool: TRUTH}
            return constant(node.value), kinds.get(type(node.value), JSON)
        if isinstance(node, Block) and len(node.expressions) == 1:
            return self.value(node.expressions[0])
        if isinstance(node, Variable):
            return self.kept(self.variable(node.name)), ANY
        if isinstance(node, Path):
            return self.path(node)
        if isinstance(node, Binary):
            return self.binary(node)
        if isinstance(node, Negation):
            operand = self.number(*self.value(node.operand))
            return self.settled(ast.UnaryOp(ast.USub(), operand)), NUMBER
        if isinstance(node, Condition) and node.other is not None:
            return self.condition(node, node.other)
        if isinstance(node, Object):
            return self.object(node)
        return self.embedded(node)

    def embedded(self, node: Node) -> tuple[ast.expr, str]:
        """Call the closures of a node within this one, if it may be evaluated twice."""
        if not isinstance(node, (Call, Path)):
            raise NotStraight
        for part in node.walk():
            if not isinstance(part, (Call, Path, Variable, Name, Literal, Binary, Negation, Object)):
                raise NotStraight
            if isinstance(part, Call):
                native = self.compiler.known(part.procedure, self.scope)
                if native is None or native.name in _CALLED:
                    raise NotStraight
        name = f"code{len(self.names)}"
        self.names[name] = self.compiler.value(node, self.scope, self.depth + 1)
        return self.kept(call(name, name_of("i"), name_of("e"))), ANY

    # --- values

    def variable(self, name: str) -> ast.expr:
        if name == "":
            self.give_up_if(type_in(name_of("i"), "MADE"))
            return name_of("i")
        candidates = self.scope.candidates(name)
        if not candidates:
            return item(item(name_of("e"), RUNTIME), name)
        steps, place, is_sure = candidates[0]
        if not is_sure:
            raise NotStraight
        frame = name_of("e")
        for _ in range(steps):
            frame = item(frame, 0)
        return item(frame, place)

    def path(self, node: Path) -> tuple[ast.expr, str]:
        if not _is_plain(node):
            return self.embedded(node)
        first = node.steps[0]
        value = self.variable(first.name) if isinstance(first, Variable) else name_of("i")
        for step in node.steps:
            if isinstance(step, Name):
                value = item(value, step.name)
        return self.kept(value), FOUND

    def object(self, node: Object) -> tuple[ast.expr, str]:
        keys = [key.value for key, _ in node.pairs if isinstance(key, Literal) and not key.predicates]
        if len(set(keys)) != len(node.pairs) or not all(isinstance(key, str) for key in keys):
            raise NotStraight
        self.give_up_if(type_in(name_of("i"), "LISTS"))  # of an array it is a grouping
        values = []
        for _, part in node.pairs:
            value, kind = self.value(part)
            if kind not in _SURE:
                self.listed(value)
                self.give_up_if(type_in(value, "MADE" if kind == FOUND else "ODD"))
            values.append(value)
        return ast.Dict([constant(key) for key in keys], values), JSON

    def listed(self, value: ast.expr) -> None:
        """Make a sequence of several values an array."""
        assert isinstance(value, ast.Name)
        is_sequence = ast.Compare(call("type", value), [ast.Is()], [name_of("Sequence")])
        is_several = ast.Compare(call("len", value), [ast.Gt()], [constant(1)])
        array = ast.Assign([ast.Name(value.id, ast.Store())], call("list", value))
        self.block.append(ast.If(ast.BoolOp(ast.And(), [is_sequence, is_several]), [array], []))

    def condition(self, node: Condition, other: Node) -> tuple[ast.expr, str]:
        test = self.truth(node.test)
        return self.either(test, lambda: self.value(node.then), lambda: self.value(other))

    def either(
        self,
        test: ast.expr,
        then: Callable[[], tuple[ast.expr, str]],
        other: Callable[[], tuple[ast.expr, str]],
    ) -> tuple[ast.expr, str]:
        outer, kinds, blocks = self.block, [], []
        self.count += 1
        name = f"v{self.count}"
        for part in (then, other):
            self.block = []
            value, kind = part()
            if kind == FOUND:
                self.give_up_if(type_in(value, "MADE"))
                kind = JSON
            self.block.append(ast.Assign([ast.Name(name, ast.Store())], value))
            kinds.append(kind)
            blocks.append(self.block)
        self.block = outer
        outer.append(ast.If(test, blocks[0], blocks[1]))
        kind = kinds[0] if kinds[0] == kinds[1] else JSON if _SURE.issuperset(kinds) else ANY
        return name_of(name), kind

    # --- operators

    def binary(self, node: Binary) -> tuple[ast.expr, str]:
        symbol = node.operator
        if symbol in ("and", "or"):
            left = self.truth(node.left)
            if symbol == "and":
                return self.either(left, lambda: (self.truth(node.right), TRUTH), lambda: (constant(False), TRUTH))
            return self.either(left, lambda: (constant(True), TRUTH), lambda: (self.truth(node.right), TRUTH))
        if symbol == "&":
            return self.concatenation(node)
        if symbol in _ARITHMETIC:
            return self.arithmetic(symbol, self.value(node.left), self.value(node.right)), NUMBER
        if symbol in _ORDER:
            left, right_value = self.comparable(self.value(node.left), self.value(node.right))
            return self.kept(ast.Compare(left, [_ORDER[symbol]()], [right_value])), TRUTH
        if symbol in ("=", "!="):
            left, right_value = self.comparable(self.value(node.left), self.value(node.right))
            operator = ast.Eq() if symbol == "=" else ast.NotEq()
            return self.kept(ast.Compare(left, [operator], [right_value])), TRUTH
        raise NotStraight

    def truth(self, node: Node) -> ast.expr:
        value, kind = self.value(node)
        if kind != TRUTH:
            self.give_up_if(negated(ast.Compare(call("type", value), [ast.Is()], [name_of("bool")])))
        return value

    def number(self, value: ast.expr, kind: str) -> ast.expr:
        if kind != NUMBER:
            self.give_up_if(negated(type_in(value, "NUMBERS")))
        return value

    def settled(self, result: ast.expr) -> ast.expr:
        """Keep the result of arithmetic: an int as it is while it is small enough to be one."""
        value = self.kept(result)
        is_int = ast.Compare(call("type", value), [ast.Is()], [name_of("int")])
        is_small = ast.Compare(constant(-MAX_SAFE), [ast.LtE(), ast.LtE()], [value, constant(MAX_SAFE)])
        assert isinstance(value, ast.Name)
        settle = ast.Assign([ast.Name(value.id, ast.Store())], call("settled", value))
        self.block.append(ast.If(negated(ast.BoolOp(ast.And(), [is_int, is_small])), [settle], []))
        return value

    def arithmetic(self, symbol: str, left: tuple[ast.expr, str], right: tuple[ast.expr, str]) -> ast.expr:
        a, b = self.number(*left), self.number(*right)
        operator = _ARITHMETIC[symbol]
        if isinstance(operator, str):
            return self.settled(call(operator, a, b))
        return self.settled(ast.BinOp(a, operator(), b))

    def comparable(self, left: tuple[ast.expr, str], right: tuple[ast.expr, str]) -> tuple[ast.expr, ast.expr]:
        """Give up unless both are numbers or both are texts."""
        kinds = {left[1], right[1]}
        if NUMBER in kinds:
            return self.number(*left), self.number(*right)
        if TEXT in kinds:
            for value, kind in (left, right):
                if kind != TEXT:
                    self.give_up_if(negated(is_text(value)))
            return left[0], right[0]
        numbers = ast.BoolOp(ast.And(), [type_in(left[0], "NUMBERS"), type_in(right[0], "NUMBERS")])
        texts = ast.BoolOp(ast.And(), [is_text(left[0]), is_text(right[0])])
        self.give_up_if(negated(ast.BoolOp(ast.Or(), [numbers, texts])))
        return left[0], right[0]

    def concatenation(self, node: Node) -> tuple[ast.expr, str]:
        parts: list[ast.expr] = []
        for part in chain(node):
            value, kind = self.value(part)
            if kind != TEXT:
                value = self.kept(ast.IfExp(is_text(value), value, call("small_text", value)))
            parts.append(value if isinstance(value, ast.Constant) else ast.FormattedValue(value, -1, None))
        text = self.kept(ast.JoinedStr(parts))
        is_long = ast.Compare(call("len", text), [ast.Gt()], [constant(64)])
        charge = ast.Attribute(item(name_of("e"), RUNTIME), "charge_text", ast.Load())
        self.block.append(ast.If(is_long, [ast.Expr(ast.Call(charge, [call("len", text)], []))], []))
        return text, TEXT


def _is_plain(node: Path) -> bool:
    """Tell whether a path is names alone, perhaps from a variable."""
    first, *rest = node.steps
    is_bare = not any(step.stages or step.predicates or step.group or step.keep_array for step in node.steps)
    is_named = isinstance(first, Name) or (isinstance(first, Variable) and bool(rest))
    return is_bare and is_named and not node.keeps_singleton and all(isinstance(step, Name) for step in rest)
