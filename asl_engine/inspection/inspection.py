"""An inspection: a state that is entered, gets its result or its failure, and tells what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from asl_engine.inspection import stages
from asl_engine.inspection.limit import limited, limited_variables
from asl_engine.inspection.scope import Scope
from asl_engine.inspection.stages import Values, through
from asl_engine.inspection.subject import NAME, Subject
from asl_engine.kernel.failures import TOO_MANY_FAILED, backed_off, first_match
from asl_engine.kernel.identity import Identity
from asl_engine.lang.expr import Expr, ExpressionFailed
from asl_engine.model import states as model
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher as ModelCatcher
from asl_engine.program.compile import compile_catcher, compile_retrier
from asl_engine.program.dataflow import value_of
from asl_engine.program.program import Catcher, Done, Failed, Sleep, State
from asl_engine.program.states import RUNS, place_of_rule
from asl_engine.program.thresholds import THRESHOLD_EXCEEDED
from asl_engine.values import ABSENT, JSON

Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"]


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

    `status` is RUNNING until the outcome is known. `stages` have what each stage made, by AWS's names. `error_details`
    say which retrier and catcher matched, and in how many seconds the retry would be. `timeout` is in how many seconds
    a Task has to answer; `wait` how many seconds a Wait takes, `until` until when (seconds since 1970).
    """

    def __init__(self, subject: Subject, input: JSON, setting: Setting) -> None:
        self.state = subject.state
        self.setting = setting
        self.language = subject.language
        variables = dict(setting.variables or {})
        self.scope = Scope(
            self.state, input, variables, setting.context, setting.identity, setting.has_role, setting.retries,
            setting.now, setting.seed,
        )  # fmt: skip
        self.stages: Values = {"input": input}
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
        self._show_variables()

    def enter(self) -> JSON:
        """Do the first half of the data flow. Return what a Task, Parallel or Map would be given to work on; ABSENT
        when the state is over: nothing else needs somebody to do its work."""
        state, language, scope = self.state, self.language, self.scope
        try:
            if isinstance(state, model.Task):
                payload = stages.task_payload(state, language, scope, self.stages)
                self.timeout = value_of(language.seconds(state, "timeout_seconds"), scope)
                return payload
            if isinstance(state, model.Parallel):
                return limited(language.enter(state)(scope))
            if isinstance(state, model.Map):
                read = self.setting.items_read
                inputs, self._tolerated = stages.map_inputs(state, language, scope, self.stages, read)
                return inputs
            if isinstance(state, model.Pass):
                self.succeed(stages.pass_result(state, language, scope, self.stages))
            else:
                self._move()
        except ExpressionFailed as problem:
            self._break(problem)
        return ABSENT

    def succeed(self, result: JSON) -> None:
        """The work gave a result: do the second half of the data flow."""
        if isinstance(self.state, model.Task):
            self.stages["result"] = result
        if self.has_too_many_failed:
            self.fail(TOO_MANY_FAILED, THRESHOLD_EXCEEDED)
            return
        try:
            self._leave(result, getattr(self.state, "next", None))
        except ExpressionFailed as problem:
            self._break(problem)

    @property
    def has_too_many_failed(self) -> bool:
        """Whether more iterations of a Map have failed than it tolerates, once it was entered."""
        failed, tolerated = self.setting.failed_iterations, self._tolerated
        return failed is not None and tolerated is not None and failed > tolerated

    def fail(self, error: str | None, cause: str | None) -> None:
        """The state failed: it may retry, or be caught.

        A retrier whose attempts are used up is shown all the same (recorded).
        """
        self.error, self.cause, self.status = error, cause, "FAILED"
        state, failed = self.state, Failed(error, cause)
        if not isinstance(state, model.WorkState):
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
        catchers = [compile_catcher(*each, self.language) for each in enumerate(state.catch)]
        caught = first_match(catchers, failed, is_task)
        if caught is not None:
            at, catcher = caught
            self.error_details["catchIndex"] = at
            self._catch(catcher, state.catch[at])

    def _move(self) -> None:
        """Ask a Choice, Wait, Succeed or Fail for its move, and make it."""
        state, scope = self.state, self.scope
        through(self.language.entering(state), scope, scope.data, self.stages)
        scope.data = scope.input
        compiled = State(NAME, "", state.type)
        move = RUNS[type(state)](state, compiled, (), self.language)(scope)
        if isinstance(move, Failed):
            self.fail(move.error, move.cause)
            return
        if isinstance(move, Sleep):
            self.wait, self.until, move = move.seconds, move.until, move.then
        assert isinstance(move, Done)
        if isinstance(state, model.Choice):
            self._leave_choice(state, compiled, move)
        else:
            self._leave(move.result, getattr(state, "next", None))

    def _leave_choice(self, state: model.Choice, compiled: State, move: Done) -> None:
        for at, route in enumerate(compiled.rules):
            if route is move.route:
                rule = state.choices[at]
                self._leave(move.result, rule.next, rule, place_of_rule(at))
                return
        self._leave(move.result, state.default)

    def _leave(self, result: JSON, following: str | None, rule: ChoiceRule | None = None, place: str = "") -> None:
        """Do what is done on the way out: by a rule of a Choice, else as the state says."""
        state, language, scope = self.state, self.language, self.scope
        scope.data = result
        assigned = self._assigned(language.assign(rule or state, place))
        output = through(language.leaving(state, rule, place), scope, result, self.stages)
        self._end("SUCCEEDED", limited(output), following, assigned)

    def _assigned(self, make: Expr | None) -> dict[str, JSON]:
        return {} if make is None else limited_variables(make(self.scope))

    def _catch(self, catcher: Catcher, source: ModelCatcher) -> None:
        error_output: JSON = {"Error": self.error, "Cause": self.cause}
        try:
            output = limited(catcher.output(self.scope, error_output))
            if name := self.language.catching(source, "").name:
                self.stages[name] = output
            self.scope.data = error_output
            assigned = self._assigned(catcher.route.assign)
        except ExpressionFailed as problem:
            self.error, self.cause = problem.error, problem.cause
            return
        self._end("CAUGHT_ERROR", output, source.next, assigned)

    def _end(self, status: Status, output: JSON, following: str | None, assigned: dict[str, JSON]) -> None:
        self.status, self.output, self.next_state = status, output, following
        self.scope.variables = {**self.scope.variables, **assigned}
        self._show_variables()

    def _show_variables(self) -> None:
        """Show the variables as they are after the state; nothing is shown where there are none (recorded)."""
        if self.scope.variables:
            self.stages["variables"] = self.scope.variables

    def _break(self, problem: ExpressionFailed) -> None:
        """An expression failed; the place of the state, with which causes begin elsewhere, is not told (recorded,
        September 2026)."""
        self.fail(problem.error, problem.cause)
