"""The trace that an execution belongs to (recorded, September 2026)."""

from __future__ import annotations

import re

import pytest
from test_operations import Client

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"


def trace_of(header, is_enabled):
    client = Client()
    client.create(tracingConfiguration={"enabled": is_enabled})
    return client.run(traceHeader=header).get("traceHeader")


@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize(
    ("header", "pattern"),
    [
        (f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0", f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0"),
        (f"{ROOT};Sampled=1", f"{ROOT};Sampled=1"),
        (ROOT, f"{ROOT};Sampled=1"),
        (f"{ROOT};Parent=53995c3f42cd8ad8", f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1"),
        ("", "made;Sampled=1"),
        ("nonsense", "made;Sampled=1"),
        ("Root=1-57;Sampled=0", "made;Sampled=0"),
        ("Sampled=0", "made;Sampled=0"),
        ("Root=1-57;Sampled=2", "made;Sampled=1"),
        ("Root=2-5759e988-bd862e3fe1be46a994272793;Sampled=1", "made;Sampled=1"),
    ],
)
def test_a_trace_that_comes_with_the_request(header, pattern, is_enabled):
    """It is kept if it can be used, and else replaced; either way there is a decision."""
    made = "Root=1-[0-9a-f]{8}-[0-9a-f]{24}"

    trace = trace_of(header, is_enabled)

    assert re.fullmatch(pattern.replace("made", made), trace)
    assert pattern.startswith("made") or trace.startswith(ROOT)


def test_a_trace_that_nobody_brought():
    """Only where the state machine is traced."""
    assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=1", trace_of(None, True))
    assert trace_of(None, False) is None
