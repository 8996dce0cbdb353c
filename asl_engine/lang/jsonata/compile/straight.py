"""Generated code for what runs often: the bodies of loops, and expressions that are evaluated again and again.

Closures call one another for every operator. Where a node is made of fields, constants and operators alone, one Python
function can do all of it in a straight line, on the assumption that the values are what they nearly always are:
objects on the way, numbers in arithmetic. Whatever else it meets, it starts again with the closures, which know every
rule; nothing in such a node has an effect, so that it may be evaluated twice. The function is built as a syntax tree,
which takes a while, and so only when the node has been evaluated `WARM` times.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.operators import chain, divided, remainder
from asl_engine.lang.jsonata.compile.scopes import RUNTIME, Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.literals import MAX_SAFE, normal
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
from asl_engine.lang.jsonata.values.judgements import NUMBERS
from asl_engine.lang.jsonata.values.sequences import LISTS, MADE, Sequence
from asl_engine.lang.jsonata.values.value import UNDEFINED

MAX_NODES: Final = 300
"""The largest node, in nodes, that code is generated for."""


def straight(compiler: Compiler, node: Node, scope: Scope, depth: int, slow: Code) -> Code | None:
    """Return generated code for the node, with `slow` to fall back on; None where there is nothing to gain."""
    if not isinstance(node, (Binary, Object, Condition, Negation, Block, Path)):
        return None
    if isinstance(node, Path) and not _is_plain(node):
        return None
    if sum(1 for _ in node.walk()) > MAX_NODES:
        return None
    try:
        return _Writer(compiler, scope, depth, slow).function(node)
    except (NotStraight, RecursionError):
        return None


class NotStraight(Exception):
    """The node needs the closures."""


class Surprise(KeyError):
    """A value is not what generated code takes it for."""


def settled(number: float) -> float:
    """Return the result of arithmetic as it is kept; what is no finite number is left to the closures."""
    if not -1e300 < number < 1e300:
        raise Surprise
    return normal(number)


def quotient(left: float, right: float) -> float:
    """Divide; an infinite divisor, which would leave nothing of itself in the result, is left to the closures."""
    return divided(left, right if -1e300 < right < 1e300 else _surprise())


def rest(left: float, right: float) -> float:
    """Return the remainder of two finite numbers."""
    return remainder(left if -1e300 < left < 1e300 else _surprise(), right if -1e300 < right < 1e300 else _surprise())


def _surprise() -> float:
    raise Surprise


def small_text(number: int) -> str:
    """Return a whole number as text, if it has no exponent."""
    if type(number) is not int or not -(10**15) < number < 10**15:
        raise Surprise
    return str(number)


# What is known of a value. The first four are values that JSON has, and never a sequence.
NUMBER: Final = "number"
TEXT: Final = "text"
TRUTH: Final = "truth"
JSON: Final = "json"
FOUND: Final = "found"
"""Found in an object: JSON, unless it was in something that the expression made."""
ANY: Final = "any"

_SURE: Final = frozenset({NUMBER, TEXT, TRUTH, JSON})

_NAMES: Final[dict[str, Any]] = {
    "LISTS": LISTS,
    "MADE": MADE,
    "NUMBERS": NUMBERS,
    "Sequence": Sequence,
    "ODD": MADE | {type(UNDEFINED)},
    "JSONataError": JSONataError,
    "quotient": quotient,
    "rest": rest,
    "settled": settled,
    "small_text": small_text,
}

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


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _constant(value: Any) -> ast.expr:
    return ast.Constant(value)


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_name(function), list(arguments), [])


def _item(value: ast.expr, key: Any) -> ast.expr:
    return ast.Subscript(value, _constant(key), ast.Load())


def _type_in(value: ast.expr, types: str) -> ast.expr:
    return ast.Compare(_call("type", value), [ast.In()], [_name(types)])


def _is_text(value: ast.expr) -> ast.expr:
    return ast.Compare(_call("type", value), [ast.Is()], [_name("str")])


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


class _Writer:
    """Writes one function. Each method returns an expression without effects, and what is known of its value."""

    def __init__(self, compiler: Compiler, scope: Scope, depth: int, slow: Code) -> None:
        self.compiler = compiler
        self.scope = scope
        self.depth = depth
        self.names: dict[str, Any] = {**_NAMES, "slow": slow}
        self.block: list[ast.stmt] = []
        self.count = 0

    def function(self, node: Node) -> Code:
        value, kind = self.value(node)
        if kind == FOUND:
            self.give_up_if(_type_in(value, "MADE"))
        self.block.append(ast.Return(value))
        handler = ast.ExceptHandler(
            ast.Tuple([_name("KeyError"), _name("TypeError"), _name("JSONataError")], ast.Load()),
            None,
            [self.give_up()],
        )
        module = ast.parse("def code(i, e): ...")
        function = module.body[0]
        assert isinstance(function, ast.FunctionDef)
        function.body = [ast.Try(self.block, [handler], [], [])]
        exec(compile(ast.fix_missing_locations(module), "<jsonata>", "exec"), self.names)
        code: Code = self.names["code"]
        return code

    def give_up(self) -> ast.stmt:
        return ast.Return(_call("slow", _name("i"), _name("e")))

    def give_up_if(self, test: ast.expr) -> None:
        self.block.append(ast.If(test, [self.give_up()], []))

    def kept(self, value: ast.expr) -> ast.expr:
        """Give a value a name, and return that."""
        self.count += 1
        name = f"v{self.count}"
        self.block.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return _name(name)

    def value(self, node: Node) -> tuple[ast.expr, str]:
        if node.predicates or node.group is not None or node.keep_array or node.is_tuple:
            return self.embedded(node)
        if isinstance(node, Literal):
            kinds = {str: TEXT, int: NUMBER, float: NUMBER, bool: TRUTH}
            return _constant(node.value), kinds.get(type(node.value), JSON)
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
        if isinstance(node, Condition) and node.otherwise is not None:
            return self.condition(node, node.otherwise)
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
        return self.kept(_call(name, _name("i"), _name("e"))), ANY

    # --- values

    def variable(self, name: str) -> ast.expr:
        if name == "":
            self.give_up_if(_type_in(_name("i"), "MADE"))
            return _name("i")
        candidates = self.scope.candidates(name)
        if not candidates:
            return _item(_item(_name("e"), RUNTIME), name)
        steps, place, is_sure = candidates[0]
        if not is_sure:
            raise NotStraight
        frame = _name("e")
        for _ in range(steps):
            frame = _item(frame, 0)
        return _item(frame, place)

    def path(self, node: Path) -> tuple[ast.expr, str]:
        if not _is_plain(node):
            return self.embedded(node)
        first = node.steps[0]
        value = self.variable(first.name) if isinstance(first, Variable) else _name("i")
        for step in node.steps:
            if isinstance(step, Name):
                value = _item(value, step.name)
        return self.kept(value), FOUND

    def object(self, node: Object) -> tuple[ast.expr, str]:
        keys = [key.value for key, _ in node.pairs if isinstance(key, Literal) and not key.predicates]
        if len(set(keys)) != len(node.pairs) or not all(isinstance(key, str) for key in keys):
            raise NotStraight
        self.give_up_if(_type_in(_name("i"), "LISTS"))  # of an array it is a grouping
        values = []
        for _, part in node.pairs:
            value, kind = self.value(part)
            if kind not in _SURE:
                self.listed(value)
                self.give_up_if(_type_in(value, "MADE" if kind == FOUND else "ODD"))
            values.append(value)
        return ast.Dict([_constant(key) for key in keys], values), JSON

    def listed(self, value: ast.expr) -> None:
        """Make a sequence of several values an array."""
        assert isinstance(value, ast.Name)
        is_sequence = ast.Compare(_call("type", value), [ast.Is()], [_name("Sequence")])
        is_several = ast.Compare(_call("len", value), [ast.Gt()], [_constant(1)])
        array = ast.Assign([ast.Name(value.id, ast.Store())], _call("list", value))
        self.block.append(ast.If(ast.BoolOp(ast.And(), [is_sequence, is_several]), [array], []))

    def condition(self, node: Condition, otherwise: Node) -> tuple[ast.expr, str]:
        test = self.truth(node.test)
        return self.either(test, lambda: self.value(node.then), lambda: self.value(otherwise))

    def either(
        self,
        test: ast.expr,
        then: Callable[[], tuple[ast.expr, str]],
        otherwise: Callable[[], tuple[ast.expr, str]],
    ) -> tuple[ast.expr, str]:
        outer, kinds, blocks = self.block, [], []
        self.count += 1
        name = f"v{self.count}"
        for part in (then, otherwise):
            self.block = []
            value, kind = part()
            if kind == FOUND:
                self.give_up_if(_type_in(value, "MADE"))
                kind = JSON
            self.block.append(ast.Assign([ast.Name(name, ast.Store())], value))
            kinds.append(kind)
            blocks.append(self.block)
        self.block = outer
        outer.append(ast.If(test, blocks[0], blocks[1]))
        kind = kinds[0] if kinds[0] == kinds[1] else JSON if _SURE.issuperset(kinds) else ANY
        return _name(name), kind

    # --- operators

    def binary(self, node: Binary) -> tuple[ast.expr, str]:
        symbol = node.operator
        if symbol in ("and", "or"):
            left = self.truth(node.left)
            if symbol == "and":
                return self.either(left, lambda: (self.truth(node.right), TRUTH), lambda: (_constant(False), TRUTH))
            return self.either(left, lambda: (_constant(True), TRUTH), lambda: (self.truth(node.right), TRUTH))
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
            self.give_up_if(_not(ast.Compare(_call("type", value), [ast.Is()], [_name("bool")])))
        return value

    def number(self, value: ast.expr, kind: str) -> ast.expr:
        if kind != NUMBER:
            self.give_up_if(_not(_type_in(value, "NUMBERS")))
        return value

    def settled(self, result: ast.expr) -> ast.expr:
        """Keep the result of arithmetic: an int as it is while it is small enough to be one."""
        value = self.kept(result)
        is_int = ast.Compare(_call("type", value), [ast.Is()], [_name("int")])
        is_small = ast.Compare(_constant(-MAX_SAFE), [ast.LtE(), ast.LtE()], [value, _constant(MAX_SAFE)])
        assert isinstance(value, ast.Name)
        settle = ast.Assign([ast.Name(value.id, ast.Store())], _call("settled", value))
        self.block.append(ast.If(_not(ast.BoolOp(ast.And(), [is_int, is_small])), [settle], []))
        return value

    def arithmetic(self, symbol: str, left: tuple[ast.expr, str], right: tuple[ast.expr, str]) -> ast.expr:
        a, b = self.number(*left), self.number(*right)
        operator = _ARITHMETIC[symbol]
        if isinstance(operator, str):
            return self.settled(_call(operator, a, b))
        return self.settled(ast.BinOp(a, operator(), b))

    def comparable(self, left: tuple[ast.expr, str], right: tuple[ast.expr, str]) -> tuple[ast.expr, ast.expr]:
        """Give up unless both are numbers or both are texts."""
        kinds = {left[1], right[1]}
        if NUMBER in kinds:
            return self.number(*left), self.number(*right)
        if TEXT in kinds:
            for value, kind in (left, right):
                if kind != TEXT:
                    self.give_up_if(_not(_is_text(value)))
            return left[0], right[0]
        numbers = ast.BoolOp(ast.And(), [_type_in(left[0], "NUMBERS"), _type_in(right[0], "NUMBERS")])
        texts = ast.BoolOp(ast.And(), [_is_text(left[0]), _is_text(right[0])])
        self.give_up_if(_not(ast.BoolOp(ast.Or(), [numbers, texts])))
        return left[0], right[0]

    def concatenation(self, node: Node) -> tuple[ast.expr, str]:
        parts: list[ast.expr] = []
        for part in chain(node):
            value, kind = self.value(part)
            if kind != TEXT:
                value = self.kept(ast.IfExp(_is_text(value), value, _call("small_text", value)))
            parts.append(value if isinstance(value, ast.Constant) else ast.FormattedValue(value, -1, None))
        text = self.kept(ast.JoinedStr(parts))
        is_long = ast.Compare(_call("len", text), [ast.Gt()], [_constant(64)])
        charge = ast.Attribute(_item(_name("e"), RUNTIME), "charge_text", ast.Load())
        self.block.append(ast.If(is_long, [ast.Expr(ast.Call(charge, [_call("len", text)], []))], []))
        return text, TEXT


def _is_plain(node: Path) -> bool:
    """Tell whether a path is names alone, perhaps from a variable."""
    first, *rest = node.steps
    is_bare = not any(step.stages or step.predicates or step.group or step.keep_array for step in node.steps)
    is_named = isinstance(first, Name) or (isinstance(first, Variable) and bool(rest))
    return is_bare and is_named and not node.keeps_singleton and all(isinstance(step, Name) for step in rest)
