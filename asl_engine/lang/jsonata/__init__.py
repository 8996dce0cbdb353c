"""JSONata 2.0.6: expressions that query and transform JSON values."""

from __future__ import annotations

from .errors import JSONataError
from .values import UNDEFINED

__all__ = ["UNDEFINED", "JSONataError"]
