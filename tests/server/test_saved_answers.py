"""No answer leaves the endpoint before what it tells of is safe in the store."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing

import pytest
from conftest import one_state
from test_operations import MACHINE, ROLE

from asl_engine.server.http import application
from asl_engine.server.start import service_for
from asl_engine.store.sqlite import SqliteReader, SqliteStore
from asl_engine.tasks.registry import Functions

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/states/aws4_request"}
CREATE = {"name": "m", "definition": json.dumps(one_state(Type="Pass")), "roleArn": ROLE}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "executions.db"


@pytest.fixture
def store(path):
    with closing(SqliteStore(path)) as opened:
        yield opened


async def ask(app, operation, body, look):
    """Ask as over HTTP; return the status, the body, and what `look` gives when the answer leaves."""
    answers, seen = [], []

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message):
        answers.append(message)
        seen.append(look())

    names = {"host": "localhost", "x-amz-target": f"AWSStepFunctions.{operation}", **SIGNED}
    headers = [(name.encode(), text.encode()) for name, text in names.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers,
        "scheme": "http", "server": ("localhost", 80), "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    return answers[0]["status"], json.loads(answers[1]["body"]), seen[0]


def answers_of(store, *requests, look=lambda: None):
    app = application(service_for(Functions(), None, True, store=store))

    async def story():
        return [await ask(app, operation, body, look) for operation, body in requests]

    return asyncio.run(story())


def test_what_is_told_is_saved(store, path):
    """When the answer leaves, another process can read what was created; also where the answer is a refusal."""
    with closing(SqliteReader(path)) as reader:
        created, refused = answers_of(
            store,
            ("CreateStateMachine", CREATE),
            ("CreateStateMachine", {**CREATE, "definition": json.dumps(one_state(Type="Succeed"))}),
            look=lambda: reader.machine(f"{MACHINE}m") is not None,
        )

    assert (200, f"{MACHINE}m", True) == (created[0], created[1]["stateMachineArn"], created[2])
    assert (400, "com.amazonaws.swf.service.v2.model#StateMachineAlreadyExists", True) == (
        refused[0],
        refused[1]["__type"],
        refused[2],
    )


def test_what_could_not_be_saved_is_told_and_not_there(store, capsys):
    """The sentence is for whoever runs the endpoint; clients see that it may be tried again."""
    [(pages,)] = store.database.fetch("PRAGMA page_count")
    store.database.fetch(f"PRAGMA max_page_count = {pages}")
    large = {**CREATE, "definition": json.dumps(one_state(Type="Pass", Comment="x" * 50_000))}
    [(status, body, _)] = answers_of(store, ("CreateStateMachine", large))

    assert (503, "com.amazon.coral.service#ServiceUnavailable") == (status, body["__type"])
    assert "the store could not be written: database or disk is full\n" == capsys.readouterr().err
    assert store.machine(f"{MACHINE}m") is None
