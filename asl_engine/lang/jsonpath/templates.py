"""Payload templates: JSON in which a key that ends in `.$` takes its value from a path or an intrinsic call.

A subtree without such keys is a constant, and is shared by all results: values are never changed in place. Templates
are specialised by shape, as most are one object of one to four dynamic fields.

The members of an object come out in the service's order, which is decided here (recorded, September 2026): first those
without a path, as written, then those with one, as the service's hash table has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NoReturn, TypeAlias

from asl_engine.hash_order import in_hash_order
from asl_engine.lang.expr import Expr, ExpressionFailed, ExpressionSyntaxError, Scope, compile_literal
from asl_engine.lang.jsonpath.allowance import MANY, allowing, taking
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic, is_intrinsic
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.pointers import escape
from asl_engine.values import JSON

SUFFIX: Final = ".$"

MAX_NESTING: Final = 100
"""Deepest nesting of a template, so that compiling and evaluating it stay within Python's stack."""


class TemplateSyntaxError(ExpressionSyntaxError):
    """A payload template is wrong at `field` (with its `.$`) of the object at `pointer`, relative to the template.

    The message is the service's; `reason` says what is wrong in ours, and `offset` counts in the field's text.
    """

    def __init__(self, message: str, pointer: str, field: str, reason: str, offset: int | None = None) -> None:
        super().__init__(message, offset)
        self.pointer = pointer
        self.field = field
        self.reason = reason


def compile_template(value: JSON) -> Expr:
    """Return the expression for a payload template; raise TemplateSyntaxError for the first thing wrong in it."""
    try:
        if _makers_in(value) > MANY:
            return allowing(_dynamic(value, 0, _compile_maker) or compile_literal(value))
        return _dynamic(value, 0, compile_path_or_intrinsic) or compile_literal(value)
    except ExpressionSyntaxError:
        # Now that it is known to be wrong there is time to find out where.
        problem = next(template_problems(value))
    raise problem


def _makers_in(value: JSON) -> int:
    """Return how many fields make something new, which plain paths do not."""
    return sum(_is_maker(text) is not None for text in dynamic_texts(value))


_is_maker: Final = re.compile(r"[*?(:,]|\.\.").search
"""Looks for the signs of a call or a search."""


def dynamic_texts(value: JSON) -> Iterator[str]:
    """Yield the text of each dynamic field, in no order; what is no string there is passed over."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            for key, child in item.items():
                if not key.endswith(SUFFIX):
                    pending.append(child)
                elif isinstance(child, str):
                    yield child
        elif isinstance(item, list):
            pending += item


def template_problems(value: JSON) -> Iterator[TemplateSyntaxError]:
    """Yield everything that is wrong in a payload template, in document order."""
    if _depth_exceeds(value, MAX_NESTING):
        text = f"A payload template is nested deeper than {MAX_NESTING} levels"
        yield TemplateSyntaxError(text, "", "", text)
        return
    for pointer, container in _objects(value):
        for key, item in container.items():
            if key.endswith(SUFFIX):
                yield from _problems_of_field(pointer, container, key, item)


def _problems_of_field(pointer: str, container: JSON, key: str, item: JSON) -> Iterator[TemplateSyntaxError]:
    invalid = f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"
    if not isinstance(item, str):
        yield TemplateSyntaxError(invalid, pointer, key, "it is not a string")
    else:
        try:
            compile_path_or_intrinsic(item)
        except ExpressionSyntaxError as problem:
            yield TemplateSyntaxError(invalid, pointer, key, str(problem), problem.offset)
    name = key.removesuffix(SUFFIX)
    if name in container:
        text = f"The fields '{name}' and '{key}' give the same key of the output"
        yield TemplateSyntaxError(text, pointer, key, "the key is given twice")


def _objects(value: JSON) -> Iterator[tuple[str, dict[str, JSON]]]:
    """Yield every object of the template with its pointer, parents first; what is under a `.$` key is no template."""
    pending: list[tuple[str, JSON]] = [("", value)]
    while pending:
        pointer, item = pending.pop()
        if isinstance(item, dict):
            yield pointer, item
            children = [(escape(key), child) for key, child in item.items() if not key.endswith(SUFFIX)]
        else:
            children = [(str(at), child) for at, child in enumerate(item)] if isinstance(item, list) else []
        pending += [(f"{pointer}/{name}", child) for name, child in reversed(children)]


def _depth_exceeds(value: JSON, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [child for parent in level for child in _children(parent)]
    return bool(level)


def _children(parent: JSON) -> list[JSON]:
    return list(parent.values()) if isinstance(parent, dict) else parent if isinstance(parent, list) else []


# --- compilation ----------------------------------------------------------------------------------------------------

Item: TypeAlias = tuple[str, Expr]
"""A key of the output and what gives its value."""


Reader: TypeAlias = Callable[[str], Expr]
"""From the text of a field to what gives its value."""


def _compile_maker(text: str) -> Expr:
    expr = compile_path_or_intrinsic(text)
    return taking(expr) if _is_maker(text) else expr


def _dynamic(value: JSON, depth: int, read: Reader) -> Expr | None:
    """Return the expression of a template, or None if it is a constant; raise ExpressionSyntaxError if it is wrong."""
    if isinstance(value, dict):
        return _compile_object(value, depth + 1, read)
    return _compile_array(value, depth + 1, read) if isinstance(value, list) else None


def _compile_array(items: list[JSON], depth: int, read: Reader) -> Expr | None:
    if depth > MAX_NESTING and items:
        raise ExpressionSyntaxError("nested too deeply")
    parts = [_dynamic(item, depth, read) for item in items]
    if not any(parts):
        return None
    exprs = [part or compile_literal(item) for part, item in zip(parts, items, strict=True)]
    return lambda scope: [expr(scope) for expr in exprs]


def _compile_object(template: dict[str, JSON], depth: int, read: Reader) -> Expr | None:
    if depth > MAX_NESTING and template:
        raise ExpressionSyntaxError("nested too deeply")
    base: dict[str, JSON] = {}
    items: list[Item] = []
    fields: dict[str, Expr] = {}
    for key, value in template.items():
        if key.endswith(SUFFIX):
            name = key.removesuffix(SUFFIX)
            fields[name] = _compile_field(template, name, value, read)
        else:
            base[key] = value
            if part := _dynamic(value, depth, read):
                items.append((key, part))
    items += ((name, fields[name]) for name in in_hash_order(fields))
    if not items:
        return None
    if len(items) == len(template) < len(_all_dynamic):
        return _all_dynamic[len(items)](*(part for item in items for part in item))
    return _filled({**base, **dict.fromkeys(in_hash_order(fields))}, items)


def _compile_field(template: dict[str, JSON], name: str, text: JSON, read: Reader) -> Expr:
    if not isinstance(text, str) or name in template:
        raise ExpressionSyntaxError("not a string, or given twice")
    return read(text) if is_intrinsic(text) or "[" not in text else _or_null(read(text))


def _or_null(path: Expr) -> Expr:
    """Return what gives null where a path ends past the end of an array (measured by users in two regions)."""

    def evaluate(scope: Scope) -> JSON:
        try:
            return path(scope)
        except PathNotFound as failure:
            if failure.is_past_end:
                return None
            raise

    return evaluate


def _filled(base: dict[str, JSON], items: list[Item]) -> Expr:
    """Return the expression that copies `base`, which has every key in its place, and sets the dynamic ones."""

    def evaluate(scope: Scope) -> JSON:
        result = base.copy()
        key = ""
        try:
            for key, expr in items:
                result[key] = expr(scope)
        except PathNotFound as failure:
            raise failure.naming_field(key + SUFFIX) from None
        return result

    return evaluate


def _one(key: str, expr: Expr) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return {key: expr(scope)}
        except PathNotFound as failure:
            raise failure.naming_field(key + SUFFIX) from None

    return evaluate


def _two(key1: str, expr1: Expr, key2: str, expr2: Expr) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return {key1: expr1(scope), key2: expr2(scope)}
        except PathNotFound:
            _blame(scope, (key1, expr1), (key2, expr2))

    return evaluate


def _three(key1: str, expr1: Expr, key2: str, expr2: Expr, key3: str, expr3: Expr) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return {key1: expr1(scope), key2: expr2(scope), key3: expr3(scope)}
        except PathNotFound:
            _blame(scope, (key1, expr1), (key2, expr2), (key3, expr3))

    return evaluate


def _four(key1: str, expr1: Expr, key2: str, expr2: Expr, key3: str, expr3: Expr, key4: str, expr4: Expr) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return {key1: expr1(scope), key2: expr2(scope), key3: expr3(scope), key4: expr4(scope)}
        except PathNotFound:
            _blame(scope, (key1, expr1), (key2, expr2), (key3, expr3), (key4, expr4))

    return evaluate


def _blame(scope: Scope, *items: Item) -> NoReturn:
    """Raise the failure of the first item that fails, with its name: what was not found once is not found again."""
    for key, expr in items:
        try:
            expr(scope)
        except PathNotFound as failure:
            raise failure.naming_field(key + SUFFIX) from None
    raise ExpressionFailed("A path of a payload template could not be found in the input")


_all_dynamic: Final[tuple[Callable[..., Expr], ...]] = (compile_literal, _one, _two, _three, _four)
