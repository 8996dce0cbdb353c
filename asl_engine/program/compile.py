"""From the model to a program: every state once, every transition a direct reference.

What this engine cannot do (yet) is refused here, with the place and the reason, and never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from asl_engine.catalogue.resource import parse_resource
from asl_engine.errors import NotSupported
from asl_engine.lang.expr import Expr, ExpressionSyntaxError
from asl_engine.model import states as model
from asl_engine.model.failures import Catcher as ModelCatcher
from asl_engine.model.failures import Retrier as ModelRetrier
from asl_engine.model.walk import inner_blocks, pointer_to
from asl_engine.program import jsonpath, states
from asl_engine.program.program import Block, Catcher, Leave, Program, Retrier, Route, State
from asl_engine.program.refusals import not_supported
from asl_engine.program.states import Run

INERT = frozenset({"comment", "version"})
"""Fields that mean nothing to an execution, and so are read by no compiler."""


class Language(NamedTuple):
    """What a query language makes of a state: its move, what follows from the result, what a catcher does."""

    runs: Mapping[type, Callable[..., Run]]
    distribute: Callable[[model.Map, State, Program], Run]
    finish: Callable[[model.State, State], None]
    catch: Callable[[ModelCatcher, int], tuple[Leave, Expr | None]]


@cache
def _language(name: str) -> Language:
    """The one place that knows the query languages. JSONata is imported when a definition uses it."""
    if name != "JSONata":
        return Language(states.RUNS, states.compile_distributed, jsonpath.finish, jsonpath.catch)
    from asl_engine.program import jsonata

    return Language(jsonata.RUNS, jsonata.compile_distributed, jsonata.finish, jsonata.catch)


def compile_program(machine: model.StateMachine, kind: str = "STANDARD") -> Program:
    """Return the program of a machine that has passed the rules. Raises NotSupported for what this engine cannot do."""
    problems = [f"{pointer or '/'}: {reason}" for pointer, reason in not_supported(machine)]
    if problems:
        raise NotSupported("this engine cannot run the state machine:\n  " + "\n  ".join(problems))
    timeout = float(machine.timeout_seconds) if machine.timeout_seconds is not None else None
    compiled = Program(kind, timeout, machine.query_language or "JSONPath")
    _compile_block(machine, compiled, compiled)
    return compiled


def _compile_block(block: model.Block, compiled: Block, whole: Program) -> Block:
    """Compile the states of a block, then connect them."""
    here: dict[str, State] = {}
    for name, state in block.states.items():
        pointer = compiled.pointer + pointer_to(name)
        here[name] = whole.states[pointer] = State(name, pointer, state.type)
    for name, state in block.states.items():
        try:
            _compile_state(state, here[name], here, whole)
        except ExpressionSyntaxError as problem:  # the rules let pass what cannot be read only with a placeholder in it
            told = f"this engine cannot run the state machine:\n  {here[name].pointer}: an expression cannot be read"
            raise NotSupported(f"{told} before its placeholder is filled in: {problem}") from None
    compiled.start = here[block.start_at]
    return compiled


def _compile_state(state: model.State, compiled: State, here: dict[str, State], whole: Program) -> None:
    language = _language(state.query_language or whole.query_language)
    blocks = tuple(_inner_blocks(state, compiled.pointer, whole))
    if isinstance(state, model.Map) and state.is_distributed:
        whole.is_distributed = True
        processor = whole.of_children(blocks[0], state.execution_type)
        compiled.run = language.distribute(state, compiled, processor)
    else:
        compiled.run = language.runs[type(state)](state, compiled, blocks)
    language.finish(state, compiled)
    _connect(state, compiled, here)
    if isinstance(state, model.Task):
        compiled.resource = parse_resource(state.resource)
    if isinstance(state, (model.Task, model.Parallel, model.Map)):
        compiled.retriers = tuple(map(compile_retrier, state.retry))
        compiled.catchers = tuple(_compile_catcher(*each, here, language) for each in enumerate(state.catch))


def _inner_blocks(state: model.State, pointer: str, whole: Program) -> Iterator[Block]:
    for inner, block in inner_blocks(state):
        compiled = whole.blocks[pointer + inner] = Block(pointer + inner)
        yield _compile_block(block, compiled, whole)


def _connect(state: model.State, compiled: State, here: dict[str, State]) -> None:
    if isinstance(state, model.Choice):
        for rule, route in zip(state.choices, compiled.rules, strict=True):
            route.next = here[rule.next or ""]
        if state.default is not None:
            compiled.route.next = here[state.default]
    elif isinstance(state, model.Transition) and state.next is not None:
        compiled.route.next = here[state.next]


def compile_retrier(retrier: ModelRetrier) -> Retrier:
    """Return a compiled element of `Retry`."""
    return Retrier(
        errors=frozenset(retrier.error_equals),
        interval=float(retrier.interval_seconds),
        max_attempts=int(retrier.max_attempts),
        backoff_rate=float(retrier.backoff_rate),
        max_delay=float(retrier.max_delay_seconds) if retrier.max_delay_seconds is not None else None,
        has_jitter=retrier.jitter_strategy == "FULL",
    )


def _compile_catcher(at: int, catcher: ModelCatcher, here: dict[str, State], language: Language) -> Catcher:
    output, assign = language.catch(catcher, at)
    route = Route(assign)
    route.next = here[catcher.next]
    return Catcher(frozenset(catcher.error_equals), output, route)
