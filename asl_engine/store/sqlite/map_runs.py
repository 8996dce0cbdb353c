"""Map Runs."""

from __future__ import annotations

from asl_engine.store.records import MapRun, Page
from asl_engine.store.sqlite.database import Part, page_of
from asl_engine.store.sqlite.machines import before
from asl_engine.store.sqlite.tables import MAP_RUNS


class MapRuns(Part):
    """Map Runs with their counts."""

    def add_map_run(self, run: MapRun) -> None:
        """Remember a Map Run and give it its id."""
        with self.database.transaction() as execute:
            run.id = execute(*MAP_RUNS.insert(self.database.shared, run)).lastrowid or 0

    def map_run(self, arn: str) -> MapRun | None:
        """Return the Map Run of an ARN."""
        key = self.database.shared.find_arn(arn)
        return None if key is None else self.database.row(MAP_RUNS, "arn = ?", key)

    def update_map_run(self, run: MapRun) -> None:
        """Remember what has changed in a Map Run."""
        with self.database.transaction() as execute:
            execute(*MAP_RUNS.update(self.database.shared, run, "id = ?", run.id))

    def list_map_runs(self, execution_arn: str, after: int | None, limit: int) -> Page[MapRun, int]:
        """Return the Map Runs of an execution, the newest first."""
        condition = "execution = ? AND id < ? ORDER BY id DESC LIMIT ?"
        number = self.database.shared.find_text(execution_arn)
        rows = self.database.rows(MAP_RUNS, condition, number, before(after), limit + 1)
        return page_of(rows, limit, lambda row: row.id)
