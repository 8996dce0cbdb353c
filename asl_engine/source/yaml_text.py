"""Reading YAML 1.2 as JSON would have it: `Yes`, `No` and dates are strings, keys are strings, tags hold places.

The value is built from nodes, not by constructors of a library, so that nothing but the six JSON types can come out.
"""

from __future__ import annotations

import re
from typing import Final

from asl_engine.errors import SourceError
from asl_engine.pointers import escape
from asl_engine.source.functions import filled, long_form
from asl_engine.source.places import Place, Places
from asl_engine.source.yaml_nodes import Mapping, Node, NoYAML, Scalar, Sequence, TooDeep, compose
from asl_engine.values import JSON, TOO_DEEP

MAX_NODES: Final = 200_000
"""Parts of a document after its aliases are followed. The longest definition has fewer; a few lines of nested aliases
could have billions."""

TEXT_OF_A_PART: Final = 20
"""Characters of a text that count as a part more: a few aliases of a long text make as much as many of a short one."""

_NULL: Final = re.compile(r"null|Null|NULL|~|")
_TRUE: Final = re.compile(r"true|True|TRUE")
_FALSE: Final = re.compile(r"false|False|FALSE")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_HALF: Final = re.compile("[\ud800-\udfff]")
_NOT_JSON: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def parse(text: str, name: str) -> tuple[JSON, bool]:
    """Return the value of a YAML text, and whether a mapping has a key twice; raise `SourceError` if it is no YAML."""
    builder = _Builder(text, name)
    try:
        root = compose(text)
        if root is None:
            raise SourceError("the text is empty", name)
        value = builder.value(root)
        is_template = isinstance(value, dict) and "Resources" in value
        return filled(value) if builder.has_functions and not is_template else value, builder.duplicated
    except NoYAML as problem:
        raise _refusal(str(problem), name, text, problem.offset) from None
    except (TooDeep, RecursionError):
        raise SourceError(TOO_DEEP, name) from None


def _refusal(problem: str, name: str, text: str, offset: int | None) -> SourceError:
    """Return the error for what is at an offset of the text, with its line and column."""
    if offset is None:
        return SourceError(problem, name)
    starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text[:offset]))]
    return SourceError(problem, name, len(starts), offset - starts[-1] + 1)


class _Builder:
    """Makes the value of a tree of nodes. A node that several aliases name is built once and counted each time."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.duplicated = False
        self.has_functions = False
        self._built: dict[int, tuple[JSON, int]] = {}
        self._open: set[int] = set()

    def value(self, node: Node) -> JSON:
        return self._sized(node)[0]

    def _sized(self, node: Node) -> tuple[JSON, int]:
        known = self._built.get(id(node))
        if known is None:
            if id(node) in self._open:
                raise self._error(node, "an alias that contains itself has no JSON form")
            self._open.add(id(node))
            known = self._built[id(node)] = self._make(node)
            self._open.discard(id(node))
        if known[1] > MAX_NODES:
            raise SourceError(f"more than {MAX_NODES:,} parts once aliases are followed", self.name)
        return known

    def _make(self, node: Node) -> tuple[JSON, int]:
        if _is_template_tag(node):
            self.has_functions = True
            value, size = self._plain(node)
            return long_form(node.tag, value), size + 1
        return self._plain(node)

    def _plain(self, node: Node) -> tuple[JSON, int]:
        """Make what a node holds, whatever its tag."""
        if isinstance(node, Sequence):
            items = [self._sized(item) for item in node.items]
            return [value for value, _ in items], 1 + sum(size for _, size in items)
        if isinstance(node, Mapping):
            return self._mapping(node)
        return self._scalar(node), 1 + len(node.text) // TEXT_OF_A_PART

    def _mapping(self, node: Mapping) -> tuple[JSON, int]:
        built: dict[str, JSON] = {}
        total = 1
        for key_node, item in node.pairs:
            key = self._key(key_node)
            self.duplicated = self.duplicated or key in built
            built[key], size = self._sized(item)
            total += size + len(key) // TEXT_OF_A_PART
        return built, total

    def _key(self, node: Node) -> str:
        if not isinstance(node, Scalar):
            raise self._error(node, "a key must be a string")
        return _whole(node.text)

    def _scalar(self, node: Scalar) -> JSON:
        text = _whole(node.text)
        if not node.is_plain or node.tag == "tag:yaml.org,2002:str" or _is_template_tag(node):
            return text
        if _NOT_JSON.fullmatch(text):
            raise self._error(node, f"{text} is not a JSON value")
        return _meaning(text)

    def _error(self, node: Node, problem: str) -> SourceError:
        return _refusal(problem, self.name, self.text, node.start)


def _whole(text: str) -> str:
    """Return a text with its halves of characters joined: JSON escapes a rare character as two, and so does YAML."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _meaning(text: str) -> JSON:
    """Return what a plain scalar means by the core schema of YAML 1.2."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INTEGER.fullmatch(text) and len(text) < 400:
        return int(text)
    if len(text) < 300 and (_OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text)):
        return int(text, 0)
    if _FLOAT.fullmatch(text) and abs(float(text)) != float("inf"):
        return float(text)
    return text


def _is_template_tag(node: Node) -> bool:
    """Tell whether a node is a CloudFormation function in its short form: `!Sub`, `!Ref`, `!GetAtt`."""
    return node.tag.startswith("!") and node.tag != "!"


# --- places ---------------------------------------------------------------------------------------------------------


def places(text: str) -> Places:
    """Return the place of every part of a YAML text that `parse` has read, by its pointer, and the keys that repeat."""
    places = Places({}, [])
    root = compose(text)
    if root is not None:
        start, end = _extent(root, text)
        _walk(root, "", Place(start, end, start, end), text, places)
    return places


def _walk(node: Node, pointer: str, place: Place, text: str, places: Places) -> None:
    places.by_pointer[pointer] = place
    if _is_template_tag(node):
        pointer = f"{pointer}/{next(iter(long_form(node.tag, None)))}"
        places.by_pointer[pointer] = place
    if isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            start, end = _extent(item, text)
            _walk(item, f"{pointer}/{index}", Place(start, end, start, end), text, places)
    elif isinstance(node, Mapping):
        for key, item in node.pairs:
            _walk_member(key, item, pointer, text, places)


def _walk_member(key: Node, item: Node, holder: str, text: str, places: Places) -> None:
    assert isinstance(key, Scalar)  # as `parse` has made sure
    pointer = f"{holder}/{escape(_whole(key.text))}"
    key_place = _extent(key, text)
    if pointer in places.by_pointer:
        places.repeated.append((pointer, *key_place))
    _walk(item, pointer, Place(*key_place, *_extent(item, text)), text, places)


def _extent(node: Node, text: str) -> tuple[int, int]:
    """Return where a node begins and ends; to libyaml a block ends where the next thing begins."""
    return node.start, node.start + len(text[node.start : node.end].rstrip())
