"""What many rows have in common, stored once: ARNs, revisions of state machines, and large values."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

from asl_engine.store.records import Revision
from asl_engine.store.store import StoreFailed
from asl_engine.values import JSON, json_text

LARGE: Final = 32 * 1024
"""How long a text is, in characters, that does not stand in its row."""

_MAX_CACHED: Final = 4_096


def text_to_store(text: str) -> str | bytes:
    """Return a text as a column takes it. SQLite has UTF-8 only, so one with halves of characters becomes bytes."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return b"t" + text.encode("utf-8", "surrogatepass")
    return text


def stored_text(content: str | bytes) -> str:
    """Return the text that a column has."""
    return content if isinstance(content, str) else content[1:].decode("utf-8", "surrogatepass")


def json_to_store(value: JSON) -> str:
    """Return a value as JSON that a column takes."""
    text = json_text(value)
    return text if isinstance(text_to_store(text), str) else json.dumps(value)


class Shared:
    """Reads and writes what is stored once; remembers what it has seen, until `forget`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute: Callable[..., sqlite3.Cursor] = connection.execute
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._revisions: dict[int, Revision] = {}

    def forget(self) -> None:
        """Remember nothing: what was written has been taken back, or deleted."""
        self._ids.clear()
        self._texts.clear()
        self._revisions.clear()

    # --- short texts --------------------------------------------------------------------------------------------------

    def text_id(self, text: str) -> int:
        """Return the number of a text, which gets one if it has none."""
        number = self.find_text(text)
        if number is None:
            number = self._execute("INSERT INTO text (text) VALUES (?)", (text_to_store(text),)).lastrowid
            assert number is not None
            self._ids[text] = number
        return number

    def find_text(self, text: str) -> int | None:
        """Return the number of a text; None if it has none."""
        if (number := self._ids.get(text)) is None:
            known = self._execute("SELECT id FROM text WHERE text = ?", (text_to_store(text),)).fetchone()
            if known is None:
                return None
            if len(self._ids) > _MAX_CACHED:
                self._ids.clear()
            number = self._ids[text] = known[0]
        return number

    def text(self, number: int) -> str:
        """Return the text of a number."""
        if (text := self._texts.get(number)) is None:
            if len(self._texts) > _MAX_CACHED:
                self._texts.clear()
            (content,) = self._execute("SELECT text FROM text WHERE id = ?", (number,)).fetchone()
            text = self._texts[number] = stored_text(content)
        return text

    def arn_to_store(self, arn: str) -> str | bytes:
        """Return an ARN as rows have it: a number for what is before its last colon, and the rest."""
        prefix, _, rest = arn.rpartition(":")
        return text_to_store(f"{self.text_id(prefix)}:{rest}")

    def find_arn(self, arn: str) -> str | bytes | None:
        """Return an ARN as rows have it, to look for it; None when no row can have it."""
        prefix, _, rest = arn.rpartition(":")
        number = self.find_text(prefix)
        return None if number is None else text_to_store(f"{number}:{rest}")

    def arn(self, content: str | bytes) -> str:
        """Return the ARN that a row has."""
        number, _, rest = stored_text(content).partition(":")
        prefix = self.text(int(number))
        return f"{prefix}:{rest}" if prefix else rest

    # --- revisions ----------------------------------------------------------------------------------------------------

    def revision_id(self, revision: Revision) -> int:
        """Return the number of a revision, which gets one if none is the same; its definition is stored once, too."""
        rest = asdict(revision)
        body = text_to_store(rest.pop("definition"))
        text = json_to_store(rest)
        digest = _digest(body)
        key = hashlib.sha256(digest + text.encode()).digest()
        known = self._execute("SELECT id FROM revision WHERE sha256 = ?", (key,)).fetchone()
        if known is not None:
            return int(known[0])
        self._execute("INSERT OR IGNORE INTO definition (sha256, body) VALUES (?, ?)", (digest, body))
        (definition,) = self._execute("SELECT id FROM definition WHERE sha256 = ?", (digest,)).fetchone()
        added = self._execute(
            "INSERT INTO revision (sha256, definition, rest) VALUES (?, ?, ?)", (key, definition, text)
        )
        assert added.lastrowid is not None
        return added.lastrowid

    def revision(self, number: int) -> Revision:
        """Return the revision of a number. It is shared, and not to be changed."""
        if (revision := self._revisions.get(number)) is None:
            if len(self._revisions) > 256:
                self._revisions.clear()
            body, rest = self._execute(
                "SELECT body, rest FROM revision JOIN definition ON definition.id = definition WHERE revision.id = ?",
                (number,),
            ).fetchone()
            revision = self._revisions[number] = made(Revision, {"definition": stored_text(body), **json.loads(rest)})
        return revision

    def release_revisions(self, numbers: Iterable[int]) -> None:
        """Delete those of some revisions that no row has any more, and their definitions with them."""
        users = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE {table}.revision = revision.id"
            for table in ("machine", "version", "execution")
        )
        for number in numbers:
            unused = f"SELECT definition FROM revision WHERE id = ? AND NOT EXISTS ({users})"
            for (definition,) in self._execute(unused, (number,)).fetchall():
                self._execute("DELETE FROM revision WHERE id = ?", (number,))
                others = "SELECT 1 FROM revision WHERE definition = definition.id"
                self._execute(f"DELETE FROM definition WHERE id = ? AND NOT EXISTS ({others})", (definition,))
                self._revisions.clear()

    # --- large values -------------------------------------------------------------------------------------------------

    def keep(self, text: str, execution: int) -> None:
        """Store a text that is too large for a row of an execution; in the row stands its digest."""
        body = text_to_store(text)
        digest = _digest(body)
        self._execute("INSERT OR IGNORE INTO payload (sha256, body) VALUES (?, ?)", (digest, body))
        self._execute("INSERT OR IGNORE INTO payload_use (execution, sha256) VALUES (?, ?)", (execution, digest))

    def large(self, content: str | bytes | None) -> str | None:
        """Return the text of a column that may have a digest in its place."""
        if isinstance(content, bytes) and content[:1] == b"d":
            (content,) = self._execute("SELECT body FROM payload WHERE sha256 = ?", (content[1:],)).fetchone()
        return None if content is None else stored_text(content)


def is_large(text: str) -> bool:
    """Whether a text does not stand in its row."""
    return len(text) >= LARGE


def large_to_store(text: str) -> str | bytes:
    """Return a text, or the digest of one that is large, as a column takes it."""
    content = text_to_store(text)
    return b"d" + _digest(content) if is_large(text) else content


def _digest(body: str | bytes) -> bytes:
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).digest()


def made(type_: type[Any], fields: dict[str, Any]) -> Any:
    """Return a row of its fields. Raises StoreFailed for one that has what this version does not know."""
    try:
        return type_(**fields)
    except TypeError as problem:
        raise StoreFailed(f"the store has a row of a newer version: {problem}") from None
