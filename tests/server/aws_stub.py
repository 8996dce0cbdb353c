"""An AWS of a test's own, and a client of the endpoint that calls it."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import PATIENCE

from asl_engine import Functions
from asl_engine.server.account import Account
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.start import service_for

ROLE = "arn:aws:iam::123456789012:role/r"
MINE = Account("123456789012", "us-east-1")
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:"


class Client:
    """Creates machines and runs them, with AWS at an address."""

    def __init__(self, url=None, mock_config=None):
        self.service = service_for(Functions(), url, True, mock_config)

    def create(self, definition, name="m"):
        request = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE}
        return OPERATIONS["CreateStateMachine"](self.service, MINE, request)["stateMachineArn"]

    def run(self, text="{}", arn=f"{MACHINE}m"):
        """Start an execution, wait for its end; return its description and the details of its task events."""

        async def go():
            request = {"stateMachineArn": arn, "input": text}
            started = OPERATIONS["StartExecution"](self.service, MINE, request)["executionArn"]
            async with asyncio.timeout(PATIENCE):
                await self.service.wait_for(started)
            return OPERATIONS["DescribeExecution"](self.service, MINE, {"executionArn": started})

        described = asyncio.run(go())
        events = self.service.reader(self.service.store.execution(described["executionArn"])).new_events()
        return described, [event["type"] for event in events if event["type"].startswith("Task")]


@contextmanager
def aws(*answers):
    """An AWS that gives these (status, JSON, headers) answers, one after the other, of which headers may be left out.

    Yields its URL, and the requests: their target, or path where they have none, and body.
    """
    left, requests = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append((self.headers.get("X-Amz-Target", self.path), body))
            status, answer, *headers = left.pop(0)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("x-amzn-RequestId", "the-request")
            self.send_header("Content-Length", str(len(text)))
            for name, value in dict(*headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        server.server_close()
