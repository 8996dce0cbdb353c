"""Tokens and activities in memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from asl_engine.store.pages import by_name
from asl_engine.store.records import Activity, Page, Token
from asl_engine.store.room import ROW, Room, Shelf, texts

MAX_ENDED_TOKENS: Final = 10_000
"""How many tokens are remembered after they are over, so that who comes late learns why."""


class MemoryTokens:
    """Tokens, and activities with their queues."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._activities: Shelf[str, Activity] = Shelf(room, lambda activity: ROW)
        self._queues: dict[str, dict[str, Token]] = {}
        self._tokens: Shelf[str, Token] = Shelf(room, _weight_of_token)
        self._open: dict[str, list[str]] = {}  # by execution
        self._over: OrderedDict[str, None] = OrderedDict()

    def add_token(self, token: Token) -> None:
        """Remember a token that is out; one of an activity is the last in its queue."""
        self._tokens.put(token.token, token)
        self._open.setdefault(token.execution_arn, []).append(token.token)
        if token.activity_arn in self._queues:
            self._queues[token.activity_arn][token.token] = token

    def token(self, token: str) -> Token | None:
        """Return a token that is out, or was."""
        return self._tokens.rows.get(token)

    def end_tokens(self, execution_arn: str) -> None:
        """All tokens of an execution are over: they leave the queues, and the oldest of all are forgotten."""
        for text in self._open.pop(execution_arn, ()):
            token = self._tokens.rows[text]
            queue = self._queues.get(token.activity_arn or "")
            if queue is not None:
                queue.pop(text, None)
            token.input_text = ""  # nobody is given it any more, and it can be large
            self._tokens.put(text, token)
            self._over[text] = None
        while len(self._over) > MAX_ENDED_TOKENS:
            self._tokens.drop(self._over.popitem(last=False)[0])

    def take_task(self, activity_arn: str) -> Token | None:
        """Take the oldest token out of an activity's queue."""
        queue = self._queues.get(activity_arn)
        return queue.pop(next(iter(queue))) if queue else None

    def add_activity(self, activity: Activity) -> None:
        """Remember an activity."""
        self._room.make()
        self._activities.put(activity.arn, activity)
        self._queues[activity.arn] = {}

    def activity(self, arn: str) -> Activity | None:
        """Return the activity of an ARN."""
        return self._activities.rows.get(arn)

    def drop_activity(self, arn: str) -> None:
        """Forget an activity with its queue."""
        self._activities.drop(arn)
        self._queues.pop(arn, None)

    def count_activities(self, account: str, region: str) -> int:
        """Return how many activities an account has in a region."""
        return sum(row.account == account and row.region == region for row in self._activities.rows.values())

    def list_activities(self, account: str, region: str, after: str | None, limit: int) -> Page[Activity, str]:
        """Return activities in the order of their names."""
        rows = (row for row in self._activities.rows.values() if row.account == account and row.region == region)
        return by_name(rows, after, limit)


def _weight_of_token(row: Token) -> int:
    return ROW + texts(row.input_text)
