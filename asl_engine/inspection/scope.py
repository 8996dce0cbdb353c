"""What the expressions of an inspected state can see."""

from __future__ import annotations

from random import Random

from asl_engine.catalogue.resource import parse_resource
from asl_engine.inspection.subject import NAME
from asl_engine.kernel.identity import Identity
from asl_engine.lang.budget import Budget
from asl_engine.model import states as model
from asl_engine.values import JSON, format_timestamp


class Scope:
    """The scope of one state that is not part of an execution.

    `stated` is a context object to use instead of the one that would be made; `now` is in seconds since 1970.
    """

    def __init__(
        self,
        state: model.State,
        input: JSON,
        variables: dict[str, JSON],
        stated: dict[str, JSON] | None,
        identity: Identity,
        has_role: bool,
        attempt: int,
        now: float,
        seed: int,
    ) -> None:
        self.input = self.data = input
        self.item: dict[str, JSON] | None = None
        self.variables = variables
        self._now = now
        self._budget = Budget()
        self._random = Random(seed)
        self._context = (
            _context(state, input, identity, has_role, attempt, now, self._token()) if stated is None else stated
        )

    def _token(self) -> str:
        return f"{self._random.getrandbits(256):064x}"

    def context(self) -> dict[str, JSON]:
        """Return the context object (`$$`)."""
        return self._context

    def time(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._now

    def random(self) -> Random:
        """Return the source of chance."""
        return self._random

    def charge(self, amount: int) -> None:
        """Count work: a whole test has the budget of one visit."""
        self._budget.charge(amount)


def _context(
    state: model.State, input: JSON, identity: Identity, has_role: bool, attempt: int, now: float, token: str
) -> dict[str, JSON]:
    """Return the context object of a test: that of an Express execution, without a count of redrives (recorded)."""
    name = identity.execution_name
    about: dict[str, JSON] = {"Name": NAME, "EnteredTime": format_timestamp(now)}
    if isinstance(state, model.WorkState):
        about["RetryCount"] = attempt
    context: dict[str, JSON] = {
        "Execution": {
            "Id": f"{identity.prefix}express:{identity.machine_name}:{name}",
            "Input": input,
            "StartTime": format_timestamp(now),
            "Name": name,
            "RoleArn": identity.role_arn if has_role else None,
        },
        "StateMachine": {"Id": identity.machine_arn, "Name": identity.machine_name},
        "State": about,
    }
    if isinstance(state, model.Task) and parse_resource(state.resource).has_token:
        context["Task"] = {"Token": token}
    return context
