"""The operations by AWS's name, and what one is.

An operation is a function from (service, account, request) to the response. The request has passed the checks of
`requests.py`. One that has to wait (a long poll, a synchronous execution) is `async`. Times in responses are seconds
since 1970, as the protocol wants them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeAlias

from asl_engine.server.account import Account
from asl_engine.server.reach import NO_SUCH, check_deletion, foreign_member
from asl_engine.server.service import Service

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Service, Account, Request], Response | Awaitable[Response]]

OPERATIONS: dict[str, Operation] = {}
"""The operations that this endpoint has, by AWS's name."""


def operation(function: Operation) -> Operation:
    """Register an operation under the name that AWS gives it. What another account or region has is not there for it,
    and what is not there is deleted already."""
    name = "".join(word.title() for word in function.__name__.split("_"))

    @wraps(function)
    def within_reach(service: Service, account: Account, request: Request) -> Response | Awaitable[Response]:
        foreign = foreign_member(account, request)
        if foreign is not None:
            if name.startswith("Delete"):
                return {}
            raise NO_SUCH[foreign](request[foreign])
        check_deletion(service.deletions, name, request)
        return function(service, account, request)

    OPERATIONS[name] = within_reach
    return within_reach
