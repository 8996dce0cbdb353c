"""Rules about names and their length: states and variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule

MAX_NAME: Final = 80
"""The longest name of a state or a variable, in characters (service model, shape `StateName`)."""


@rule("ASL801", "state-name-too-long", aws="INVALID_STATE_NAME")
def state_name_too_long(outline: Outline) -> Iterator[Finding]:
    """A state's name is empty or has more than 80 characters.

    Bad:
        {"StartAt": "", "States": {"": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "Any name, up to 80 characters", "States": {"Any name, up to 80 characters": {"Type": "Succeed"}}}
    """
    for site in outline.states:
        if not 1 <= len(site.name) <= MAX_NAME and not is_open(site.name):
            message = f"a state's name has 1 to {MAX_NAME} characters, and this one has {len(site.name)}"
            text = f"Invalid State name: State '{site.name}' exceeds the 80-character limit allowed by the service"
            yield Finding(site.pointer, message, on_key=True, aws_text=text)


@rule("ASL802", "bad-variable-name")
def bad_variable_name(outline: Outline) -> Iterator[Finding]:
    """`Assign` names a variable as no variable can be named.

    A name begins with a letter or an underscore, goes on with those and digits, has at most 80 characters, and is not
    `states`, which is reserved.

    Bad:
        {"Type": "Pass", "Assign": {"states": 1}, "End": true}

        {"Type": "Pass", "Assign": {"order-id.$": "$.id"}, "End": true}

    Good:
        {"Type": "Pass", "Assign": {"orderId.$": "$.id"}, "End": true}
    """
    for site in outline.having("assign"):
        yield from _bad_names(site)


def _bad_names(site: Site) -> Iterator[Finding]:
    for key in site.part.assign or {}:
        name = key if site.is_jsonata else key.removesuffix(".$")
        if problem := _name_problem(name):
            pointer = f"{site.at('assign')}/{key.replace('~', '~0').replace('/', '~1')}"
            yield Finding(pointer, problem, on_key=True)


def _name_problem(name: str) -> str:
    if is_open(name):
        return ""
    if name == "states":
        return "'states' is reserved: $states holds the input, the result and the context"
    if not name.isidentifier():
        return f"{name!r} is no name for a variable: letters, digits and _ only, and no digit first"
    return f"a variable's name has at most {MAX_NAME} characters" if len(name) > MAX_NAME else ""
