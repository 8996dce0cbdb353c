"""YAML as a tree of nodes: what stands in the text, where, and under which tag, before anybody asks what it means.

libyaml reads the text, thirty times as fast as a reader in Python. The tree is built here from its events, so that
depth is bounded before it hurts, and no resolver or constructor of a library has a say in what a text means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import yaml

from asl_engine.values import MAX_DEPTH

MAX_HALVES: Final = 65_536
"""Characters of a text with escapes of half characters (`\\ud83d\\ude00`, as JSON has them): libyaml refuses them, and
the reader in Python takes 7 seconds for a million characters."""

_HALF_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")


class TooDeep(Exception):
    """The text nests more deeply than any definition may."""


class NoYAML(Exception):
    """What is wrong with a text, and the offset of the place, if there is one."""

    def __init__(self, problem: str, offset: int | None = None) -> None:
        super().__init__(problem)
        self.offset = offset


class _Node:
    """What all nodes have: a tag, or an empty text, and the offsets in the text of where it begins and ends."""

    __slots__ = ("end", "start", "tag")

    def __init__(self, tag: str | None, start: int, end: int) -> None:
        self.tag = tag or ""
        self.start = start
        self.end = end


class Scalar(_Node):
    """A text; `is_plain` where it stands without quotes, and may mean something else."""

    __slots__ = ("is_plain", "text")

    def __init__(self, event: Any) -> None:
        super().__init__(event.tag, event.start_mark.index, event.end_mark.index)
        self.text: str = event.value
        self.is_plain = not event.style


class Sequence(_Node):
    """A list of nodes."""

    __slots__ = ("items",)

    def __init__(self, event: Any) -> None:
        super().__init__(event.tag, event.start_mark.index, event.end_mark.index)
        self.items: list[Node] = []


class Mapping(_Node):
    """Pairs of nodes in the order of the text; a key may stand twice, and need not be a text."""

    __slots__ = ("pairs",)

    def __init__(self, event: Any) -> None:
        super().__init__(event.tag, event.start_mark.index, event.end_mark.index)
        self.pairs: list[tuple[Node, Node]] = []


Node: TypeAlias = Scalar | Sequence | Mapping


def compose(text: str) -> Node | None:
    """Return the tree of the only document in a text, None if it has none; raise `NoYAML` and `TooDeep`.

    What an alias names is the same node again.
    """
    try:
        return _Composer(text).document()
    except yaml.MarkedYAMLError as error:
        raise _problem(error, text) from None
    except yaml.reader.ReaderError as error:
        raise NoYAML(f"{error.reason}: U+{error.character:04X}", text.find(chr(error.character))) from None
    except UnicodeEncodeError as error:
        raise NoYAML(f"half a character is not allowed: U+{ord(text[error.start]):04X}", error.start) from None


def _problem(error: Any, text: str) -> NoYAML | TooDeep:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "not YAML"
    if problem == "exceeded maximum nesting depth":
        return TooDeep()
    if mark is None:
        return NoYAML(problem)
    if "cannot start any token" in problem and text[mark.index : mark.index + 1] == "\t":
        problem = "YAML is indented with spaces, not with tabs"
    return NoYAML(problem, mark.index)


class _Composer:
    """Builds the tree from the events of a reader."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_reader(text))
        self._anchors: dict[str, Node] = {}
        self._depth = 0

    def document(self) -> Node | None:
        """Return the root; raise for a second document."""
        next(self._events)
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            return None
        root = self._node(next(self._events))
        next(self._events)
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise NoYAML("a second document begins here, and a definition is one", after.start_mark.index)
        return root

    def _node(self, event: Any) -> Node:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._aliased(event)
        node: Node = _KINDS[kind](event)
        if event.anchor:
            self._anchors[event.anchor] = node
        if kind is not yaml.ScalarEvent:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise TooDeep
            node.end = self._fill(node)
            self._depth -= 1
        return node

    def _fill(self, node: Node) -> int:
        """Read what a node holds; return where it ends."""
        events, compose = self._events, self._node
        event = next(events)
        if isinstance(node, Sequence):
            while type(event) is not yaml.SequenceEndEvent:
                node.items.append(compose(event))
                event = next(events)
        elif isinstance(node, Mapping):
            while type(event) is not yaml.MappingEndEvent:
                node.pairs.append((compose(event), compose(next(events))))
                event = next(events)
        end: int = event.end_mark.index
        return end

    def _aliased(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise NoYAML(f"the alias *{event.anchor} has no anchor before it", event.start_mark.index)
        return node


def _reader(text: str) -> Any:
    """Return the class that reads a text: libyaml's, where it is there and understands all of it."""
    half = _HALF_ESCAPED.search(text)
    if half is None:
        return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(text) > MAX_HALVES:
        problem = f"escapes of half characters are read in YAML of up to {MAX_HALVES:,} characters"
        raise NoYAML(f"{problem}; write the character itself, or the file as JSON", half.start())
    return yaml.SafeLoader


_KINDS: Final[dict[type, Any]] = {
    yaml.ScalarEvent: Scalar,
    yaml.SequenceStartEvent: Sequence,
    yaml.MappingStartEvent: Mapping,
}
