"""The functions of the language by name, with their signatures.

The last column is how many arguments a function uses when `$map` and the like offer it several; a call may have more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.evaluating import evaluator
from asl_engine.lang.jsonata.compile.nodes import CODES
from asl_engine.lang.jsonata.library import higher_order as hof
from asl_engine.lang.jsonata.library import matching, numbers, strings, values
from asl_engine.lang.jsonata.values.functions import Native


@cache
def library() -> dict[str, Native]:
    """Return all functions of the language; not to be changed."""
    rows = {**_numbers(), **_strings(), **_values(), **_functions()}
    functions = {name: Native(name, *row) for name, row in rows.items()}
    functions["eval"] = Native("eval", evaluator(Compiler(CODES, functions)), "<sx?:x>", 2)
    return functions


def _numbers() -> dict[str, tuple[Callable[..., Any], str, int]]:
    return {
        "sum": (numbers.sum_, "<a<n>:n>", 1),
        "count": (numbers.count, "<a:n>", 1),
        "max": (numbers.max_, "<a<n>:n>", 1),
        "min": (numbers.min_, "<a<n>:n>", 1),
        "average": (numbers.average, "<a<n>:n>", 1),
        "number": (numbers.number, "<(nsb)-:n>", 1),
        "floor": (numbers.floor, "<n-:n>", 1),
        "ceil": (numbers.ceil, "<n-:n>", 1),
        "round": (numbers.round_, "<n-n?:n>", 2),
        "abs": (numbers.abs_, "<n-:n>", 1),
        "sqrt": (numbers.sqrt, "<n-:n>", 1),
        "power": (numbers.power, "<n-n:n>", 2),
        "random": (numbers.random, "<:n>", 0),
        "boolean": (numbers.boolean, "<x-:b>", 1),
        "not": (numbers.not_, "<x-:b>", 1),
        "formatNumber": (numbers.format_number, "<n-so?:s>", 3),
        "formatBase": (numbers.format_base, "<n-n?:s>", 2),
        "formatInteger": (numbers.format_integer, "<n-s:s>", 2),
        "parseInteger": (numbers.parse_integer, "<s-s:n>", 2),
    }


def _strings() -> dict[str, tuple[Callable[..., Any], str, int]]:
    return {
        "string": (strings.string, "<x-b?:s>", 1),
        "substring": (strings.substring, "<s-nn?:s>", 3),
        "substringBefore": (strings.substring_before, "<s-s:s>", 2),
        "substringAfter": (strings.substring_after, "<s-s:s>", 2),
        "lowercase": (strings.lowercase, "<s-:s>", 1),
        "uppercase": (strings.uppercase, "<s-:s>", 1),
        "length": (strings.length, "<s-:n>", 1),
        "trim": (strings.trim, "<s-:s>", 1),
        "pad": (strings.pad, "<s-ns?:s>", 3),
        "join": (strings.join, "<a<s>s?:s>", 2),
        "base64encode": (strings.base64_encode, "<s-:s>", 1),
        "base64decode": (strings.base64_decode, "<s-:s>", 1),
        "encodeUrlComponent": (strings.encode_url_component, "<s-:s>", 1),
        "encodeUrl": (strings.encode_url, "<s-:s>", 1),
        "decodeUrlComponent": (strings.decode_url_component, "<s-:s>", 1),
        "decodeUrl": (strings.decode_url, "<s-:s>", 1),
        "match": (matching.match, "<s-f<s:o>n?:a<o>>", 3),
        "contains": (matching.contains, "<s-(sf):b>", 2),
        "replace": (matching.replace, "<s-(sf)(sf)n?:s>", 4),
        "split": (matching.split, "<s-(sf)n?:a<s>>", 3),
    }


def _values() -> dict[str, tuple[Callable[..., Any], str, int]]:
    return {
        "keys": (values.keys, "<x-:a<s>>", 1),
        "lookup": (values.lookup, "<x-s:x>", 2),
        "append": (values.append, "<xx:a>", 2),
        "exists": (values.exists, "<x:b>", 1),
        "spread": (values.spread, "<x-:a<o>>", 1),
        "merge": (values.merge, "<a<o>:o>", 1),
        "reverse": (values.reverse, "<a:a>", 1),
        "shuffle": (values.shuffle, "<a:a>", 1),
        "zip": (values.zip_, "<a+>", 0),
        "distinct": (values.distinct, "<x:x>", 1),
        "error": (values.error, "<s?:x>", 1),
        "assert": (values.assert_, "<bs?:x>", 2),
        "type": (values.type_, "<x:s>", 1),
        "clone": (values.clone, "<(oa)-:o>", 1),
        "now": (values.now, "<s?s?:s>", 2),
        "millis": (values.millis, "<:n>", 0),
        "toMillis": (values.to_millis, "<s-s?:n>", 2),
        "fromMillis": (values.from_millis, "<n-s?s?:s>", 3),
    }


def _functions() -> dict[str, tuple[Callable[..., Any], str, int]]:
    return {
        "map": (hof.map_, "<af>", 2),
        "filter": (hof.filter_, "<af>", 2),
        "single": (hof.single, "<af?>", 2),
        "reduce": (hof.reduce, "<afj?:j>", 3),
        "sift": (hof.sift, "<o-f?:o>", 2),
        "each": (hof.each, "<o-f:a>", 2),
        "sort": (hof.sort, "<af?:a>", 2),
    }
