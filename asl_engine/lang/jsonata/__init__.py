"""JSONata 2.0.6: expressions that query and transform JSON values.

    >>> compile_jsonata("$sum(orders.(price * quantity))").evaluate({"orders": [{"price": 2, "quantity": 3}]})
    6

The text is read by a grammar (`grammar.lark`, `syntax`), its operators are grouped (`precedence`) to a `tree`, and the
tree is compiled once to closures (`compile` and what it names), which use the functions of the `library`.
"""

from __future__ import annotations

from .errors import JSONataError
from .expression import Expression, compile_jsonata
from .values import UNDEFINED

__all__ = ["UNDEFINED", "Expression", "JSONataError", "compile_jsonata"]
