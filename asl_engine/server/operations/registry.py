"""The operations by AWS's name, and what one is.

An operation is a function from (service, account, request) to the response. The request has passed the checks of
`requests.py`. One that has to wait (a long poll, a synchronous execution) is `async`. Times in responses are seconds
since 1970, as the protocol wants them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from asl_engine.server.account import Account
from asl_engine.server.service import Service

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Service, Account, Request], Response | Awaitable[Response]]

OPERATIONS: dict[str, Operation] = {}
"""The operations that this endpoint has, by AWS's name."""


def operation(function: Operation) -> Operation:
    """Register an operation under the name that AWS gives it."""
    OPERATIONS["".join(word.title() for word in function.__name__.split("_"))] = function
    return function
