"""The functions of CloudFormation that stand in definitions: `Fn::Sub`, `Fn::Join`, `Ref` and the like.

What they give is known when the template is deployed; until then a placeholder stands for it. YAML writes them as tags
too, `!Sub`, which are read as their long forms.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from asl_engine.values import JSON

Kind: TypeAlias = Literal["text", "sub", "open"]


class Piece(NamedTuple):
    """A part of a text that a template puts together: the pointer of it in the template, and what it says.

    A `sub` text is what `Fn::Sub` goes over, and `open` is a placeholder for what nobody knows yet.
    """

    pointer: str
    text: str
    kind: Kind


def is_function(value: JSON) -> bool:
    """Tell whether a value is a call of a function."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name: str = next(iter(value))
    return name == "Ref" or name.startswith("Fn::")


def long_form(tag: str, argument: JSON) -> JSON:
    """Return the call that a tag of YAML means.

    >>> long_form("!Ref", "Queue"), long_form("!GetAtt", "Work.Arn")
    ({'Ref': 'Queue'}, {'Fn::GetAtt': 'Work.Arn'})
    """
    name = tag.lstrip("!")
    return {name if name == "Ref" else f"Fn::{name}": argument}


def pieces_of(value: JSON, pointer: str) -> list[Piece] | None:
    """Return what a text is put together from: itself, or the parts of `Fn::Sub` and `Fn::Join`; None for all else."""
    if isinstance(value, str):
        return [Piece(pointer, value, "text")]
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((function, argument),) = value.items()
    reader = _READERS.get(function)
    return reader(argument, f"{pointer}/{function}") if reader else None


def _sub(argument: JSON, pointer: str) -> list[Piece] | None:
    text, at = (argument[0], f"{pointer}/0") if isinstance(argument, list) and argument else (argument, pointer)
    return [Piece(at, text, "sub")] if isinstance(text, str) else None


def _join(argument: JSON, pointer: str) -> list[Piece] | None:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], list)):
        return None
    pieces: list[Piece] = []
    for index, part in enumerate(argument[1]):
        if index:
            pieces.append(Piece(f"{pointer}/0", str(argument[0]), "text"))
        at = f"{pointer}/1/{index}"
        pieces.append(Piece(at, part, "text") if isinstance(part, str) else Piece(at, "${Part}", "open"))
    return pieces


_READERS: Final = {"Fn::Sub": _sub, "Fn::Join": _join}


def filled(value: JSON) -> JSON:
    """Return a definition with a placeholder for each function."""
    if isinstance(value, dict):
        return _placeholder(value) if is_function(value) else {key: filled(item) for key, item in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else value


def _placeholder(call: dict[str, JSON]) -> str:
    ((function, argument),) = call.items()
    if function == "Fn::Sub" and (pieces := _sub(argument, "")):
        return pieces[0].text
    return "${" + (argument if isinstance(argument, str) else function.removeprefix("Fn::")) + "}"
