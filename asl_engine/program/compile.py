"""From the model to a program: every state once, every transition a direct reference.

What this engine cannot do (yet) is refused here, with the place and the reason, and never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.catalogue.resource import parse_resource
from asl_engine.errors import NotSupported
from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.model import states as model
from asl_engine.model.failures import Catcher as ModelCatcher
from asl_engine.model.failures import Retrier as ModelRetrier
from asl_engine.model.walk import inner_blocks, pointer_to, ways_out
from asl_engine.program.dataflow import chained
from asl_engine.program.language import Language, language_named
from asl_engine.program.program import Block, Catcher, Program, Retrier, Route, State
from asl_engine.program.states import RUNS, compile_distributed, place_of_rule
from asl_engine.program.unsupported import not_supported


def compile_program(machine: model.StateMachine, type: str = "STANDARD") -> Program:
    """Return the program of a machine that has passed the rules. Raises NotSupported for what this engine cannot do."""
    problems = list(not_supported(machine))
    if problems:
        raise _refusal(*problems)
    timeout = float(machine.timeout_seconds) if machine.timeout_seconds is not None else None
    compiled = Program(type, timeout, machine.query_language or "JSONPath")
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
            reason = f"an expression cannot be read before its placeholder is filled in: {problem}"
            raise _refusal((here[name].pointer, reason)) from None
    compiled.start = _target(here, block.start_at, compiled.pointer + "/StartAt")
    return compiled


def _target(here: dict[str, State], name: str, pointer: str) -> State:
    """Return the state that a name leads to. The rules let pass one that is not there only with a placeholder in it."""
    target = here.get(name)
    if target is None:
        raise _refusal((pointer, f"{name!r} names no state; fill in the placeholder"))
    return target


def _refusal(*problems: tuple[str, str]) -> NotSupported:
    listed = "\n  ".join(f"{pointer or '/'}: {reason}" for pointer, reason in problems)
    return NotSupported(f"this engine cannot run the state machine:\n  {listed}")


def _compile_state(state: model.State, compiled: State, here: dict[str, State], whole: Program) -> None:
    language = language_named(state.query_language or whole.query_language)
    blocks = tuple(_inner_blocks(state, compiled.pointer, whole))
    if isinstance(state, model.Map) and state.is_distributed:
        whole.is_distributed = True
        processor = whole.of_children(blocks[0], state.execution_type)
        compiled.run = compile_distributed(state, compiled, processor, language)
    else:
        compiled.run = RUNS[type(state)](state, compiled, blocks, language)
    _shape_output(state, compiled, language)
    if isinstance(state, model.Task):
        compiled.resource = parse_resource(state.resource)
        compiled.enter_growth = language.enter_growth(state)
    if isinstance(state, model.WorkState):
        compiled.retriers = tuple(map(compile_retrier, state.retry))
        compiled.catchers = tuple(compile_catcher(*each, language) for each in enumerate(state.catch))
    _connect(state, compiled, here)


def _shape_output(state: model.State, compiled: State, language: Language) -> None:
    """Compile what is done on each way out of a state: its output and its variables."""
    compiled.route.assign = language.assign(state)
    compiled.route.leave = chained(language.leaving(state))
    compiled.growth = language.growth(state)
    if isinstance(state, model.Choice):
        for at, (rule, route) in enumerate(zip(state.choices, compiled.rules, strict=True)):
            route.assign = language.assign(rule, place_of_rule(at))
            route.leave = chained(language.leaving(state, rule, place_of_rule(at)))


def _inner_blocks(state: model.State, pointer: str, whole: Program) -> Iterator[Block]:
    for inner, block in inner_blocks(state):
        compiled = whole.blocks[pointer + inner] = Block(pointer + inner)
        yield _compile_block(block, compiled, whole)


def _connect(state: model.State, compiled: State, here: dict[str, State]) -> None:
    routes = {
        "choice": iter(compiled.rules),
        "catch": iter(catcher.route for catcher in compiled.catchers),
        "default": iter((compiled.route,)),
        "next": iter((compiled.route,)),
    }
    for way in ways_out(state):
        next(routes[way.kind]).next = _target(here, way.target, compiled.pointer + way.field)


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


def compile_catcher(at: int, catcher: ModelCatcher, language: Language) -> Catcher:
    """Return a compiled element of `Catch`, whose route leads nowhere yet."""
    place = f"Catch[{at}]/"
    output = language.catching(catcher, place).change or (lambda scope, error_output: error_output)
    return Catcher(frozenset(catcher.error_equals), output, Route(language.assign(catcher, place)))
