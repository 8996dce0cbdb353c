"""Whatever is asked, in whatever form: an answer, or one of AWS's errors."""

from __future__ import annotations

import asyncio
import inspect
import json
import random

import pytest
from conftest import chain
from test_operations import Client

from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import service_model

HERE = "arn:aws:states:us-east-1:123456789012:"
PASS = json.dumps(chain(A={"Type": "Pass"}))
MODE = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
MAP = json.dumps(chain(M={"Type": "Map", "ItemProcessor": {**MODE, **chain(W={"Type": "Wait", "Seconds": 1})}}))
TEXTS = [
    *("", "m", PASS, MAP, "{}", "[1, 2]", "null", "t1", "é", "\ud800", "a" * 300),
    *(f"{HERE}{rest}" for rest in ("stateMachine:m", "stateMachine:m:1", "execution:m:e", "activity:a")),
    f"{HERE}mapRun:m/L:x",
    *(f"{HERE}express:m:e:f", "arn:aws:iam::123456789012:role/r"),
]
STRANGE = [None, 1, "x", [], {}, True, -5, 1e400, {"a": {}}]


class Asker:
    """Makes up requests by the service's model, some of which are none."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.known = []

    def value(self, shape):
        choose = self.random.choice
        if self.random.random() < 0.06:
            return choose(STRANGE)
        match shape.type_name:
            case "string":
                return choose(shape.enum) if shape.enum and self.random.random() < 0.8 else choose(TEXTS + self.known)
            case "integer" | "long":
                return choose([0, 1, 2, 1_000, -1, 10**12, 1.5])
            case "float" | "double":
                return choose([0, 1.5, -1, 101])
            case "boolean":
                return choose([True, False])
            case "list":
                return [self.value(shape.member) for _ in range(choose([0, 1, 2]))]
            case "map":
                return {choose(TEXTS): self.value(shape.value) for _ in range(choose([0, 1]))}
            case "structure":
                wanted = shape.required_members
                return {
                    name: self.value(member)
                    for name, member in shape.members.items()
                    if name in wanted or self.random.random() < 0.7
                }
        return choose(TEXTS)


@pytest.mark.parametrize("seed", range(3))
def test_any_request_is_answered_or_refused(seed):
    asker, client = Asker(seed), Client()
    names = sorted(set(OPERATIONS) - {"GetActivityTask"})  # which would wait for a minute
    good = {"name": "m", "definition": PASS, "roleArn": "arn:aws:iam::123456789012:role/r"}

    async def ask():
        answered = 0
        for number in range(1_500):
            name = asker.random.choice(names)
            request = asker.value(service_model().operation_model(name).input_shape)
            if not isinstance(request, dict):
                continue
            if name == "CreateStateMachine" and asker.random.random() < 0.5:
                request |= good | {"definition": asker.random.choice([PASS, MAP])}
            try:
                answer = client(name, **request)
                answer = await answer if inspect.isawaitable(answer) else answer
            except ApiError:
                continue
            answered += 1
            asker.known += [value for value in answer.values() if isinstance(value, str) and value.startswith("arn:")]
            del asker.known[:-40]
            if number % 50 == 0:
                await asyncio.sleep(0)
        await client.service.close()
        return answered

    assert asyncio.run(ask()) > 20


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("UntagResource", {"resourceArn": "x", "tagKeys": [[[]]] * 201}),
        ("UntagResource", {"resourceArn": "x", "tagKeys": [{"a": 1}] * 201}),
        ("TagResource", {"resourceArn": "x", "tags": [[1]] * 201}),
        ("CreateStateMachineAlias", {"name": "a", "routingConfiguration": [[], [], []]}),
        ("CreateStateMachineAlias", {"name": "a", "routingConfiguration": ["x", 1, None]}),
        ("CreateStateMachine", {"name": "a" * 100, "tags": [1], "definition": [], "roleArn": {}}),
    ],
)
def test_lists_of_the_wrong_type_are_refused_before_they_are_measured(operation, request_):
    with pytest.raises(ApiError, match=r"SerializationException: The value at '.*' is not of the type"):
        Client()(operation, **request_)


def test_not_all_that_is_wrong_is_told():
    """Ten thousand keys that are too short and not allowed: a hundred of them."""
    with pytest.raises(ApiError, match="100 validation errors detected") as refused:
        Client()("UntagResource", resourceArn="", tagKeys=["x" * 200] * 10_000)
    assert len(refused.value.message) < 100_000
