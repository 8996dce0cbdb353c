"""Rules about the names of states."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import Finding
from asl_engine.quotas import MAX_STATE_NAME
from asl_engine.rules.outline import Outline, is_open
from asl_engine.rules.registry import rule


@rule("ASL801", "state-name-too-long", aws="INVALID_STATE_NAME")
def state_name_too_long(outline: Outline) -> Iterator[Finding]:
    """A state's name is empty or has more than 80 characters.

    Bad:
        {"StartAt": "", "States": {"": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "Any name, up to 80 characters", "States": {"Any name, up to 80 characters": {"Type": "Succeed"}}}
    """
    for site in outline.states:
        if not 1 <= len(site.name) <= MAX_STATE_NAME and not is_open(site.name):
            message = f"a state's name has 1 to {MAX_STATE_NAME} characters, and this one has {len(site.name)}"
            text = f"Invalid State name: State '{site.name}' exceeds the 80-character limit allowed by the service"
            yield Finding(site.pointer, message, on_key=True, aws_text=text)
