"""What the handling of an event depends on beside the event: noted as it happens, and given back in a replay."""

from __future__ import annotations

from collections.abc import Callable, Container

from asl_engine.values import JSON


class Circumstances:
    """Those of one execution. As a container it has the activities that exist.

    An event begins with `begin`, and while it is handled the execution asks whether its budget is spent, and for
    activities; then `noted` says what it was told. With `begin_again` it is told the same once more.
    """

    def __init__(self, activities: Container[str] = frozenset()) -> None:
        self.activities = activities
        self._is_again = False
        self._absent: list[str] = []
        self._asked = 0
        self._spent: int | None = None

    def begin(self) -> None:
        """An event is about to be handled, for the first time."""
        self._is_again = False
        self._absent, self._asked, self._spent = [], 0, None

    def begin_again(self, noted: dict[str, JSON]) -> None:
        """An event is about to be handled once more; `noted` is what was noted of the first time."""
        self._is_again = True
        self._absent, self._asked, self._spent = noted.get("absent", []), 0, noted.get("spent")

    def noted(self) -> dict[str, JSON]:
        """Return what would be another thing at another time, as a JSON value: mostly nothing."""
        noted: dict[str, JSON] = {}
        if self._spent is not None:
            noted["spent"] = self._spent
        if self._absent:
            noted["absent"] = self._absent
        return noted

    def budget(self, is_over: Callable[[], bool]) -> Callable[[], bool]:
        """Return what tells whether the budget is spent: so many questions after the beginning, which are counted,
        and from then on until the end of the event."""

        def is_spent() -> bool:
            if self._spent is None:
                if not is_over():
                    self._asked += 1
                    return False
                self._spent = self._asked
            return True

        return is_spent

    def is_spent(self) -> bool:
        """Whether the budget is spent, where the event is handled once more."""
        if self._spent is None:
            return False
        self._asked += 1
        return self._asked > self._spent

    def __contains__(self, arn: object) -> bool:
        if self._is_again:
            return arn not in self._absent
        if arn in self.activities:
            return True
        self._absent.append(str(arn))
        return False
