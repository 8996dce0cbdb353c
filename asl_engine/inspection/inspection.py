"""An inspection: a state that is entered, gets its result or its failure, and tells what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from asl_engine.inspection import stages
from asl_engine.inspection.limit import limited, limited_variables
from asl_engine.inspection.scope import Scope
from asl_engine.inspection.stages import Told
from asl_engine.inspection.subject import NAME, Subject
from asl_engine.kernel.failures import TOO_MANY_FAILED, backed_off, first_match
from asl_engine.kernel.identity import Identity
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.model import states as model
from asl_engine.program import jsonata, jsonpath, states
from asl_engine.program.compile import compile_retrier
from asl_engine.program.moves import Done, Failed, Sleep
from asl_engine.program.program import Catcher, Route, State
from asl_engine.values import ABSENT, JSON

Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"]

THRESHOLD = "The specified tolerated failure threshold was exceeded"
"""The cause of a Map that had too many failures (recorded)."""


@dataclass(slots=True)
class Setting:
    """What a state is inspected with, beside its input: who it would be, the time (seconds since 1970), and the
    source of its chance.

    `context` replaces the context object that would be made. `retries` says how many attempts the retrier that matches
    has made already. `failed_iterations` says how many iterations of a Map have failed; `items_read` are what its
    `ItemReader` read.
    """

    identity: Identity
    now: float
    seed: int = 0
    has_role: bool = True
    variables: dict[str, JSON] | None = None
    context: dict[str, JSON] | None = None
    retries: int = 0
    failed_iterations: int | None = None
    items_read: list[JSON] | None = None


class Inspection:
    """One state, run once.

    `status` is RUNNING until the outcome is known. `told` has what each stage made, by AWS's names. `error_details` say
    which retrier and catcher matched, and in how many seconds the retry would be. `timeout` is in how many seconds a
    Task has to answer; `wait` how many seconds a Wait takes, `until` until when (seconds since 1970).
    """

    def __init__(self, subject: Subject, input: JSON, setting: Setting) -> None:
        self.state = subject.state
        self.setting = setting
        self.is_jsonata = subject.query_language == "JSONata"
        variables = dict(setting.variables or {})
        self.scope = Scope(
            self.state, input, variables, setting.context, setting.identity, setting.has_role, setting.retries,
            setting.now, setting.seed,
        )  # fmt: skip
        self.told: Told = {"input": input}
        self.status: Status = "RUNNING"
        self.output: JSON = ABSENT
        self.error: str | None = None
        self.cause: str | None = None
        self.next_state: str | None = None
        self.error_details: dict[str, int] = {}
        self.timeout: int | None = None
        self.wait: float | None = None
        self.until: float | None = None
        self._tolerated: float | None = None
        self._tell_variables()

    def enter(self) -> JSON:
        """Do the first half of the data flow. Return what a Task, Parallel or Map would be given to work on; ABSENT
        when the state is over: nothing else needs somebody to do its work."""
        state, scope, told = self.state, self.scope, self.told
        try:
            if isinstance(state, model.Task):
                payload = stages.task_payload(state, scope, told, self.is_jsonata)
                self.timeout = stages.task_timeout(state, scope, self.is_jsonata)
                return payload
            if isinstance(state, model.Parallel):
                return stages.parallel_input(state, scope, self.is_jsonata)
            if isinstance(state, model.Map):
                read = self.setting.items_read
                inputs, self._tolerated = stages.map_inputs(state, scope, told, self.is_jsonata, read)
                return inputs
            if isinstance(state, model.Pass):
                self.succeed(stages.pass_result(state, scope, told, self.is_jsonata))
            else:
                self._move()
        except ExpressionFailed as problem:
            self._break(problem)
        return ABSENT

    def succeed(self, result: JSON) -> None:
        """The work gave a result: do the second half of the data flow."""
        if isinstance(self.state, model.Task):
            self.told["result"] = result
        if self.has_too_many_failed:
            self.fail(TOO_MANY_FAILED, THRESHOLD)
            return
        try:
            self._leave(result, getattr(self.state, "next", None), self._route())
        except ExpressionFailed as problem:
            self._break(problem)

    @property
    def has_too_many_failed(self) -> bool:
        """Whether more iterations of a Map have failed than it tolerates, once it was entered."""
        failed, tolerated = self.setting.failed_iterations, self._tolerated
        return failed is not None and tolerated is not None and failed > tolerated

    def fail(self, error: str | None, cause: str | None) -> None:
        """The state failed: it may retry, or be caught.

        A retrier whose attempts are used up is told all the same (recorded).
        """
        self.error, self.cause, self.status = error, cause, "FAILED"
        state, failed = self.state, Failed(error, cause)
        if not isinstance(state, (model.Task, model.Parallel, model.Map)):
            return
        is_task = isinstance(state, model.Task)
        retry = first_match(list(map(compile_retrier, state.retry)), failed, is_task)
        if retry is not None:
            at, retrier = retry
            self.error_details["retryIndex"] = at
            if self.setting.retries < retrier.max_attempts:
                self.error_details["retryBackoffIntervalSeconds"] = int(backed_off(retrier, self.setting.retries))
                self.status = "RETRIABLE"
                return
        caught = first_match(self._catchers(state), failed, is_task)
        if caught is not None:
            at, catcher = caught
            self.error_details["catchIndex"] = at
            self._catch(catcher, state.catch[at].next)

    def _move(self) -> None:
        """Ask a Choice, Wait, Succeed or Fail for its move, and make it."""
        state, scope = self.state, self.scope
        if not self.is_jsonata:
            stages.select_input(state, scope, self.told)
            scope.data = scope.input
        compiled = State(NAME, "", state.type)
        move = stages.move_of(state, compiled, scope, self.is_jsonata)
        if isinstance(move, Failed):
            self.fail(move.error, move.cause)
            return
        if isinstance(move, Sleep):
            self.wait, self.until, move = move.seconds, move.until, move.then
        assert isinstance(move, Done)
        if isinstance(state, model.Choice):
            self._leave(move.result, *self._way(state, compiled, move))
        else:
            self._leave(move.result, getattr(state, "next", None), self._route())

    def _way(self, state: model.Choice, compiled: State, move: Done) -> tuple[str | None, Route]:
        """Return where a Choice leads, and what is done on that way."""
        for rule, route in zip(state.choices, compiled.rules, strict=True):
            if route is move.route:
                return rule.next, route
        return state.default, self._route()

    def _route(self) -> Route:
        """Return what is done on the way out of the state: its `Assign`, and in JSONata its `Output`."""
        compiled = State(NAME, "", self.state.type)
        if self.is_jsonata:
            jsonata.finish(self.state, compiled)
            return compiled.route
        return Route(states.assignment(getattr(self.state, "assign", None)))

    def _leave(self, result: JSON, following: str | None, route: Route) -> None:
        scope = self.scope
        scope.data = result
        assigned = self._assigned(route)
        if self.is_jsonata:
            output = result if route.leave is None else route.leave(scope, result)
        else:
            output = stages.select_result(self.state, scope, self.told, result)
        self._end("SUCCEEDED", limited(output), following, assigned)

    def _assigned(self, route: Route) -> dict[str, JSON]:
        return {} if route.assign is None else limited_variables(route.assign(self.scope))

    def _catchers(self, state: model.Task | model.Parallel | model.Map) -> list[Catcher]:
        compile_catcher = jsonata.catch if self.is_jsonata else jsonpath.catch
        compiled = []
        for at, catcher in enumerate(state.catch):
            output, assign = compile_catcher(catcher, at)
            compiled.append(Catcher(frozenset(catcher.error_equals), output, Route(assign)))
        return compiled

    def _catch(self, catcher: Catcher, following: str) -> None:
        error_output: JSON = {"Error": self.error, "Cause": self.cause}
        try:
            output = limited(catcher.output(self.scope, error_output))
            if not self.is_jsonata:
                self.told["afterResultPath"] = output
            self.scope.data = error_output
            assigned = self._assigned(catcher.route)
        except ExpressionFailed as problem:
            self.error, self.cause = problem.error, problem.cause
            return
        self._end("CAUGHT_ERROR", output, following, assigned)

    def _end(self, status: Status, output: JSON, following: str | None, assigned: dict[str, JSON]) -> None:
        self.status, self.output, self.next_state = status, output, following
        self.scope.variables = {**self.scope.variables, **assigned}
        self._tell_variables()

    def _tell_variables(self) -> None:
        """Tell the variables as they are after the state; nothing is told where there are none (recorded)."""
        if self.scope.variables:
            self.told["variables"] = self.scope.variables

    def _break(self, problem: ExpressionFailed) -> None:
        """An expression failed; the place of the state, with which causes begin elsewhere, is not told (recorded,
        September 2026)."""
        self.fail(problem.error, problem.cause)
