"""Tokens, and activities with their queues."""

from __future__ import annotations

from asl_engine.store.records import Activity, Page, Token
from asl_engine.store.sqlite.database import Part, page_of
from asl_engine.store.sqlite.shared import text_to_store
from asl_engine.store.sqlite.tables import ACTIVITIES, TOKEN, TOKENS


class Tokens(Part):
    """Tokens that are out, or were, and who waits for them."""

    def add_token(self, token: Token) -> None:
        """Remember a token that is out; one of an activity that exists is the last in its queue. One that is handed out
        again, after a restart, keeps its place."""
        shared = self.database.shared
        is_queued = token.activity_arn is not None and self.activity(token.activity_arn) is not None
        with self.database.transaction() as execute:
            known = self.database.fetch("SELECT id FROM execution WHERE arn = ?", shared.find_arn(token.execution_arn))
            sql, parameters = TOKENS.insert(shared, token, known[0][0] if known else None, is_queued)
            execute(f"{sql} ON CONFLICT (token) DO UPDATE SET is_queued = excluded.is_queued", parameters)

    def token(self, token: str) -> Token | None:
        """Return a token that is out, or was."""
        return self.database.row(TOKENS, "token = ?", TOKEN.encode(self.database.shared, token))

    def take_task(self, activity_arn: str) -> Token | None:
        """Take the oldest token out of an activity's queue."""
        shared = self.database.shared
        number = shared.find_text(activity_arn)
        token = self.database.row(TOKENS, "activity = ? AND is_queued ORDER BY id LIMIT 1", number)
        if token is not None:
            with self.database.transaction() as execute:
                execute("UPDATE token SET is_queued = 0 WHERE token = ?", (TOKEN.encode(shared, token.token),))
        return token

    def add_activity(self, activity: Activity) -> None:
        """Remember an activity."""
        with self.database.transaction() as execute:
            execute(*ACTIVITIES.insert(self.database.shared, activity))

    def activity(self, arn: str) -> Activity | None:
        """Return the activity of an ARN."""
        return self.database.row(ACTIVITIES, "arn = ?", arn)

    def delete_activity(self, arn: str) -> None:
        """Forget an activity with its queue and its tags."""
        with self.database.transaction() as execute:
            for table in ("activity", "tag"):
                execute(f"DELETE FROM {table} WHERE arn = ?", (text_to_store(arn),))
            number = self.database.shared.find_text(arn)
            execute("UPDATE token SET is_queued = 0 WHERE activity = ? AND is_queued", (number,))

    def count_activities(self, account: str, region: str) -> int:
        """Return how many activities an account has in a region."""
        [(count,)] = self.database.fetch(
            "SELECT count(*) FROM activity WHERE account = ? AND region = ?", account, region
        )
        return int(count)

    def list_activities(self, account: str, region: str, after: str | None, limit: int) -> Page[Activity, str]:
        """Return activities in the order of their names."""
        condition = "account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
        rows = self.database.rows(ACTIVITIES, condition, account, region, after or "", limit + 1)
        return page_of(rows, limit, lambda row: row.name)
