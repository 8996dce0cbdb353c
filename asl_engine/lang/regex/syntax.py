"""Regular expressions of JavaScript, without its flags `u` and `v`: from text to a tree.

All that depends on flags is resolved here: `.`, `^` and `$` become sets and edges, and under `i` a set contains every
character whose upper case equals that of one of its members, so that nothing that comes after knows of flags. What old
browsers accept is accepted (Annex B of the standard): a `{` or `]` that means nothing stands for itself, `\\8` too, and
`\\1` is an octal number where there is no such group. Characters are code points here and UTF-16 units in JavaScript,
which shows only beyond U+FFFF; a pair of escapes for such a character is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from asl_engine.lang.regex.sets import ANY, DIGITS, NEWLINES, SPACES, WORDS, Ranges, complement, fold, union

MAX_NESTING: Final = 50
_MAX_COUNT: Final = 2**31
"""A greater count means the same, as no text is that long."""


class BadPattern(Exception):
    """A text that is no regular expression; the argument says why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """One item after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of the options with which the rest matches."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group, counted from 1."""

    body: Node
    index: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body so many times; `high` is None without a bound. `groups` are those inside, which each turn forgets."""

    body: Node
    low: int
    high: int | None
    lazy: bool
    groups: range


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: start, end, line start, line end, word, not word."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """What must or must not (`negative`) come next, or have come before (`behind`)."""

    body: Node
    behind: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Back:
    """What a group has matched, once more; nothing where it has not matched."""

    index: int
    fold: bool


Node = Chars | Sequence | Choice | Group | Repeat | Edge | Look | Back

EMPTY: Final = Sequence(())


@dataclass(frozen=True, slots=True)
class Pattern:
    """A whole expression and the number of its groups."""

    root: Node
    groups: int


def parse_pattern(text: str, flags: Iterable[str]) -> Pattern:
    """Read an expression under flags of `i`, `m` and `s`; raise BadPattern."""
    parser = _Parser(text, frozenset(flags))
    root = parser.choice(0)
    if parser.place < len(text):
        raise BadPattern("unmatched )")
    return Pattern(root, parser.groups)


_group_opening = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|\((?:\?<(?![=!])([^>]*)>|(\?))?", re.DOTALL)
_bounds = re.compile(r"\{([0-9]+)(?:(,)([0-9]+)?)?\}")
_hex_escape = re.compile(
    r"x([0-9a-fA-F]{2})|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})"
)
_octal_escape = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?")
_name = re.compile(r"[A-Za-z_$\u0080-\U0010ffff][\w$]*")
_CONTROLS: Final = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_CLASSES: Final = {"d": DIGITS, "w": WORDS, "s": SPACES}
_MARKS: Final = {"?:": None, "?=": (False, False), "?!": (False, True), "?<=": (True, False), "?<!": (True, True)}


class _Parser:
    """A reader by recursive descent; `place` is where it is, `groups` how many it has opened."""

    def __init__(self, text: str, flags: frozenset[str]) -> None:
        self.text = text
        self.flags = flags
        self.place = 0
        self.groups = 0
        openings = [opening for opening in _group_opening.finditer(text) if opening[0][0] == "(" and not opening[2]]
        self.total = len(openings)
        self.names = {opening[1]: index for index, opening in enumerate(openings, 1) if opening[1] is not None}
        self._check_names([opening[1] for opening in openings if opening[1] is not None])

    def _check_names(self, names: list[str]) -> None:
        if len(set(names)) < len(names) or not all(map(_name.fullmatch, names)):
            raise BadPattern("invalid name of a group")

    def _peek(self) -> str:
        return self.text[self.place : self.place + 1]

    def _take(self, text: str) -> bool:
        if not self.text.startswith(text, self.place):
            return False
        self.place += len(text)
        return True

    def choice(self, depth: int) -> Node:
        """Read options up to a closing parenthesis or the end."""
        if depth > MAX_NESTING:
            raise BadPattern(f"groups are nested deeper than {MAX_NESTING}")
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        if len(options) > 1 and all(isinstance(option, Chars) for option in options):
            return Chars(union(*(option.ranges for option in options if isinstance(option, Chars))))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            start, before = self.place, self.groups
            body = self._term(depth)
            if bounds := self._quantifier():
                self._check_repeatable(body, start)
                body = self._repeated(body, bounds, before)
            items.append(body)
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _check_repeatable(self, body: Node, start: int) -> None:
        """Raise where a bare edge or lookbehind is repeated; in a group it may be, and lookaheads always may."""
        is_bare = not self.text.startswith("(?:", start)
        if is_bare and (isinstance(body, Edge) or (isinstance(body, Look) and body.behind)):
            raise BadPattern("nothing to repeat")

    def _repeated(self, body: Node, bounds: tuple[int, int | None], before: int) -> Node:
        low, high = bounds
        if high is not None and high < low:
            raise BadPattern("numbers out of order in {}")
        return Repeat(body, low, high, self._take("?"), range(before + 1, self.groups + 1))

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        match = _bounds.match(self.text, self.place)
        if not match:
            return None
        self.place = match.end()
        low = _count(match[1])
        return low, (low if not match[2] else _count(match[3]) if match[3] else None)

    def _term(self, depth: int) -> Node:
        start = self.place
        sign = self.text[start]
        if sign in "*+?" or _bounds.match(self.text, start):
            raise BadPattern("nothing to repeat")
        self.place += 1
        match sign:
            case "^":
                return Edge("line start" if "m" in self.flags else "start")
            case "$":
                return Edge("line end" if "m" in self.flags else "end")
            case "(":
                return self._group(depth)
            case ".":
                return Chars(ANY if "s" in self.flags else complement(NEWLINES))
            case "[":
                return Chars(self._set())
            case "\\":
                return self._escape()
        return self._literal(sign)

    def _literal(self, character: str) -> Chars:
        single: Ranges = ((ord(character), ord(character)),)
        return Chars(fold(single) if "i" in self.flags else single)

    def _group(self, depth: int) -> Node:
        for mark, look in _MARKS.items():
            if self._take(mark):
                body = self._body(depth)
                return body if look is None else Look(body, *look)
        if self._take("?"):
            if not self._take("<"):
                raise BadPattern("invalid group")
            self.place = self.text.index(">", self.place) + 1 if ">" in self.text[self.place :] else len(self.text)
        self.groups += 1
        index = self.groups
        return Group(self._body(depth), index)

    def _body(self, depth: int) -> Node:
        body = self.choice(depth + 1)
        if not self._take(")"):
            raise BadPattern("missing )")
        return body

    def _escape(self) -> Node:
        sign = self._peek()
        if sign in ("b", "B"):
            self.place += 1
            return Edge("word" if sign == "b" else "not word")
        if sign == "k" and self.names:
            return self._named_reference()
        if "1" <= sign <= "9" and (reference := self._reference()):
            return reference
        if (ranges := self._class_escape()) is not None:
            return Chars(ranges)
        return self._literal(self._character_escape(in_set=False))

    def _named_reference(self) -> Node:
        self.place += 1
        match = re.compile(r"<([^>]*)>").match(self.text, self.place)
        if not match or match[1] not in self.names:
            raise BadPattern("invalid reference to a named group")
        self.place = match.end()
        return Back(self.names[match[1]], "i" in self.flags)

    def _reference(self) -> Node | None:
        match = re.compile("[0-9]+").match(self.text, self.place)
        assert match  # the caller saw a digit
        index = _count(match[0])
        if index > self.total:
            return None
        self.place = match.end()
        return Back(index, "i" in self.flags)

    def _class_escape(self) -> Ranges | None:
        sign = self._peek()
        ranges = _CLASSES.get(sign.lower())
        if ranges is None:
            return None
        self.place += 1
        return ranges if sign.islower() else complement(ranges)

    def _character_escape(self, in_set: bool) -> str:
        """Read what follows a backslash and stands for one character."""
        if match := _hex_escape.match(self.text, self.place):
            self.place = match.end()
            if match[2]:
                return chr(0x10000 + ((int(match[2], 16) - 0xD800) << 10) + int(match[3], 16) - 0xDC00)
            return chr(int(match[1] or match[4], 16))
        if match := _octal_escape.match(self.text, self.place):
            self.place = match.end()
            return chr(int(match[0], 8))
        sign = self._peek()
        if not sign:
            raise BadPattern("\\ at the end")
        if sign == "c":
            return self._control(in_set)
        self.place += 1
        return _CONTROLS.get(sign, sign)

    def _control(self, in_set: bool) -> str:
        letter = self.text[self.place + 1 : self.place + 2]
        if letter.isascii() and (letter.isalpha() or (in_set and letter and (letter.isdigit() or letter == "_"))):
            self.place += 2
            return chr(ord(letter) % 32)
        return "\\"

    def _set(self) -> Ranges:
        negative = self._take("^")
        parts: list[Ranges] = []
        while not self._take("]"):
            parts.append(self._range(self._member()))
        ranges = union(*parts)
        if "i" in self.flags:
            ranges = fold(ranges)
        return complement(ranges) if negative else ranges

    def _range(self, first: Ranges) -> Ranges:
        """Return what a member begins: itself, or a range where `-` and a further one follow."""
        if self._peek() != "-" or self.text[self.place + 1 : self.place + 2] in ("]", ""):
            return first
        self.place += 1
        last = self._member()
        if not (_is_single(first) and _is_single(last)):
            return union(first, last, ((0x2D, 0x2D),))
        if first[0][0] > last[0][0]:
            raise BadPattern("range out of order in []")
        return ((first[0][0], last[0][0]),)

    def _member(self) -> Ranges:
        sign = self._peek()
        if not sign:
            raise BadPattern("missing ]")
        self.place += 1
        if sign == "\\":
            if (ranges := self._class_escape()) is not None:
                return ranges
            sign = "\b" if self._take("b") else self._character_escape(in_set=True)
        return ((ord(sign), ord(sign)),)


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _count(digits: str) -> int:
    return min(int(digits[:20]), _MAX_COUNT)
