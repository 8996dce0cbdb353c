"""Operations that can name a key: what they see is its ARN."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import wraps

from asl_engine.drivers.calls import in_thread
from asl_engine.server.account import Account
from asl_engine.server.encryption import names_key
from asl_engine.server.keys import NO_KEY, unusable
from asl_engine.server.operations.registry import Operation, Request, Response
from asl_engine.server.service import Service


def keyed(operation: Operation) -> Operation:
    """Let an operation see the key of its `encryptionConfiguration` by ARN. Only a key that has to be asked for at an
    endpoint makes it one that waits."""

    @wraps(operation)
    def with_key(service: Service, account: Account, request: Request) -> Response | Awaitable[Response]:
        encryption = request.get("encryptionConfiguration")
        if encryption is None or not names_key(encryption):
            return operation(service, account, request)
        name = encryption.get("kmsKeyId")
        if not name:
            raise unusable(NO_KEY)

        def go_on(arn: str) -> Response | Awaitable[Response]:
            known = {"encryptionConfiguration": encryption | {"kmsKeyId": arn}}
            return operation(service, account, request | known)

        async def look_up() -> Response:
            answer = go_on(await in_thread(lambda: service.keys.arn(name, account)))
            return await answer if isinstance(answer, Awaitable) else answer

        return go_on(service.keys.arn(name, account)) if service.keys.url is None else look_up()

    return with_key
