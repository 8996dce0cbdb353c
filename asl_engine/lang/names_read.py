"""Which variables an expression reads, in either language: `$total`, and not what the expression binds itself.

In JSONata `($total := 2; $total)` reads no variable of the state, since its own stands before it. A path that cannot be
read, or one that a template has still to fill in, reads nothing that anybody could know of.
"""

from __future__ import annotations

import re
from typing import Final

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.remembered import remembered

_VARIABLE: Final = re.compile(r"(?<![\w$.])\$([A-Za-z_]\w*)")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@remembered(4096)
def variables_read(text: str) -> frozenset[str]:
    """Return the names of the variables that a text reads: a JSONata expression in `{% %}`, a path or a call.

    What is called is a function of JSONata or of the expression, as a variable of a state holds none.
    """
    if "${" in text or "$" not in text:
        return frozenset()
    if not text.startswith("{%"):
        return frozenset(_VARIABLE.findall(_QUOTED.sub("", text)))
    from asl_engine.lang.aws_jsonata import is_expression, read_expression
    from asl_engine.lang.jsonata.syntax.names import free_variables

    try:
        return free_variables(read_expression(text).tree) if is_expression(text) else frozenset()
    except ExpressionSyntaxError:
        return frozenset()
