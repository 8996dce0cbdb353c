"""JSONata 2.0.6: expressions that query and transform JSON values.

    >>> compile_jsonata("$sum(orders.(price * quantity))").evaluate({"orders": [{"price": 2, "quantity": 3}]})
    6

A room for each part: `syntax` reads the text by a grammar (`grammar.lark`, `rows`) and groups its operators
(`precedence`) to a `tree`; `compile` makes the tree closures, once; they work on `values` and use the functions of the
`library`, which has `pictures` and `regex` below it. A room imports only rooms that stand before it in this line:
values, syntax, regex, pictures, library, compile.
"""

from __future__ import annotations

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.expression import Expression, compile_jsonata
from asl_engine.lang.jsonata.values.value import UNDEFINED

__all__ = ["UNDEFINED", "Expression", "JSONataError", "compile_jsonata"]
