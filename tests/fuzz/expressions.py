"""Fuzzes expressions in three languages: paths with filters, intrinsic calls, JSONata; `--seconds N --seed S`.

Texts come from small grammars, with noise now and then; data are small trees, long texts, wide and deep values. An
expression may be refused or fail with the two errors of expressions; what it gives must be JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from campaign import main

from asl_engine.lang.aws_jsonata import compile_query
from asl_engine.lang.budget import Budget
from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonata.standard import library
from asl_engine.lang.jsonpath.intrinsic_functions import FUNCTIONS
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic
from asl_engine.values import json_text


class Case(NamedTuple):
    """An expression, its language, and the name of the data that it sees."""

    language: str
    text: str
    data: str


class Seen:
    """A scope of one value, which is everywhere."""

    def __init__(self, data: Any) -> None:
        self.data = self.input = data
        self.item = None
        self.variables = {"v": data}
        self.chance = Random(7)
        self.budget = Budget()

    def context(self) -> dict[str, Any]:
        return {"Execution": {"Id": "e"}, "v": self.data}

    def time(self) -> float:
        return 1_700_000_000.0

    def random(self) -> Random:
        return self.chance

    def charge(self, amount: int) -> None:
        self.budget.charge(amount)


def _deep(depth: int) -> Any:
    value: Any = {"a": 1}
    for level in range(depth):
        value = [value] if level % 2 else {"a": value, "b": level}
    return value


DATA: Final[dict[str, Any]] = {
    "small": {
        "a": [1, -2.5, "b", None, True, {"a": "x", "b": [3, 4]}],
        "b": "a,b;c",
        "c": {},
        "n": 7,
        "t": "2024-01-01",
    },
    "text": {"a": "ab" * 60_000 + "!", "b": "é😀\ud800 " * 10_000, "n": 40},
    "wide": {"a": [{"a": n, "b": "x" * (n % 9)} for n in range(8_000)], "b": list(range(20_000)), "n": 3},
    "deep": _deep(300),
    "huge numbers": {"a": [1e308, -1e308, 5e-324, 10**30, 0.1, -0.0], "b": 2**63, "n": 1e16},
    "array": [[1, [2, [3]]], [], {"a": [{"b": 1}]}, "a", 2],
}
NAMES: Final = ("a", "b", "n", "c", "t")
PATTERNS: Final = (
    "a+",
    "(a+)+",
    ".*.*=",
    "(?:ab?|ab?)*c",
    "[a-z]*b",
    r"(a|b)\\1",
    "^$",
    "(.*)*x",
    r"\\w+@",
    "(?=a)b|!",
)
LITERALS: Final = ("0", "1", "-1", "2.5", "1e308", "true", "null", "'a'", "'{}'", "'SHA-1'", "''", "100000", "'ab'")

FITTING: Final = {
    "array": ("$.a", "$..a", "$.b", "States.Array(1, $.a)"),
    "string": ("'ab,c'", "$.b", "$.t", "'{}'", "'SHA-256'", "'W10='", "States.JsonToString($)"),
    "number": ("$.n", "1", "3", "0"),
    "object": ("$", "$.c"),
    "boolean": ("false",),
}
"""Arguments by the kind that a function takes."""


class Grammar:
    """Makes texts from chance; `fuel` bounds how large."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.fuel = chance.choice((3, 8, 20))

    def any(self, *options: Any) -> Any:
        """Return one of the options, made if it is a function."""
        self.fuel -= 1
        option = self.chance.choice(options)
        return option() if callable(option) else option

    # --- JSONPath

    def path(self, root: str = "$") -> str:
        steps = [self._step() for _ in range(self.chance.randrange(1, 5))]
        end = self.any("", "", "", f".{self.any('length', 'sum', 'concat', 'keys', 'append', 'first', 'stddev')}()")
        return root + "".join(steps) + end

    def _step(self) -> str:
        name = self.chance.choice(NAMES)
        plain = (f".{name}", f"..{name}", "..*", "[*]", ".*", "[0]", "[-1:]", "[1:3]", "[0,0,1]", f"['{name}','a']")
        return str(self.any(*plain, self._filter) if self.fuel > 0 else self.any(*plain))

    def _filter(self) -> str:
        return f"[?({self._condition()})]"

    def _condition(self) -> str:
        left, right = self._operand(), self._operand()
        words = ("==", "!=", "<", ">=", "in", "nin", "subsetof", "anyof", "contains", "size", "empty", "===")
        plain = f"{left} {self.any(*words)} {right}"
        matching = f"{left} =~ /{self.chance.choice(PATTERNS)}/{self.any('', 'i')}"
        if self.fuel > 0 and self.chance.random() < 0.2:
            return f"{plain} {self.any('&&', '||')} {self._condition()}"
        return str(self.any(plain, matching, left, f"!({plain})"))

    def _operand(self) -> str:
        if self.fuel <= 0:
            return str(self.any("@.a", "1"))
        return str(
            self.any("@", "@.a", "$.n", "$..a", lambda: self.path("@"), lambda: self.path(), *LITERALS, "['a', 1]")
        )

    # --- intrinsics

    def call(self) -> str:
        function = FUNCTIONS[self.chance.choice(sorted(FUNCTIONS))]
        most = (
            function.most if function.most is not None else self.chance.choice((1, 2, 3, 30 if self.fuel > 15 else 3))
        )
        count = self.chance.choice((function.least, most, most))
        return f"{function.name}({', '.join(self._argument(function.parameter(at).kind) for at in range(count))})"

    def _argument(self, kind: str) -> str:
        if self.fuel <= 0 or self.chance.random() < 0.3:
            return str(self.any(*FITTING.get(kind, ("$", "1"))))
        return str(self.any("$", "$.a", "$.b", "$.n", self.path, self.call, self.call, *LITERALS))

    # --- JSONata

    def query(self) -> str:
        if self.fuel <= 0:
            return str(self.any("1", "$states.input.a", "'x'"))
        sign = self.any("+", "-", "*", "/", "%", "&", "=", "<", "in", "and", "~>", "..")
        infix = f"({self.query()} {sign} {self.any('2', self.query)})"
        return str(
            self.any(
                infix, self._builtin, self._builtin, self._builtin, self._selection, *LITERALS, self._loop,
                f"/{self.chance.choice(PATTERNS).replace(chr(92) * 2, chr(92))}/",
                lambda: f"[{self.query()}, {self.query()}]",
                lambda: "{'k': " + self.query() + "}",
                lambda: f"function($x, $y){{{self.query()}}}",
            )
        )  # fmt: skip

    def _selection(self) -> str:
        steps = "".join(
            self.any(".a", ".b", ".*", ".**", "[0]", "[a=1]", "^(a)", ".%", "{a: b}", "[]") for _ in range(2)
        )
        return f"$states.input{self.any('', '.a', steps, steps)}"

    def _builtin(self) -> str:
        names = [*sorted(library()), "partition", "range", "hash", "random", "uuid", "parse"]
        count = self.chance.choice((0, 1, 1, 2, 2, 3))
        return f"${self.chance.choice(names)}({', '.join(self.query() for _ in range(count))})"

    def _loop(self) -> str:
        value, inner = (
            self.query(),
            self.any("$s & $s", "$replace($s, /.*/, '$0$0')", "[$s, $s]", "{'a': $s}", "$base64encode($s)"),
        )
        step = f"$n < 1 ? $s : $f({inner}, $n - 1)"
        return f"($f := function($s, $n){{{step}}}; $f({value}, {self.any('3', '20', '100000')}))"


def make(chance: Random) -> Case:
    """Return a case."""
    grammar, language = Grammar(chance), chance.choice(("path", "intrinsic", "jsonata"))
    text = {"path": grammar.path, "intrinsic": grammar.call, "jsonata": grammar.query}[language]()
    if chance.random() < 0.1:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice("()[]{}$@.'\"\\/?*~%&|:;\n\x00é😀\ud800") + text[at + chance.randrange(2) :]
    return Case(language, text, chance.choice(tuple(DATA)))


def attempt(case: Case) -> str:
    """Compile and evaluate; the result must be JSON of bounded size."""
    try:
        if case.language == "jsonata":
            expr = compile_query("{%" + case.text + "%}", "Output")
        else:
            expr = compile_path_or_intrinsic(case.text)
    except ExpressionSyntaxError:
        return f"refused {case.language}"
    try:
        result = expr(Seen(DATA[case.data]))
    except ExpressionFailed:
        return f"failed {case.language}"
    if case.language == "jsonata":
        json.loads(json_text(result), parse_constant=_refuse)
    return f"evaluated {case.language}"


def _refuse(name: str) -> Any:
    raise AssertionError(f"the result holds {name}")


if __name__ == "__main__":
    main(make, attempt, __doc__ or "")
