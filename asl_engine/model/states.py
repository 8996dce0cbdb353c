"""The eight state types and the block that holds states: a table of the specification, nothing else.

Each field is declared once. JSONPath and JSONata fields stand side by side; which of them a state may have is a rule.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from asl_engine.model.base import (
    Arguments,
    Assigner,
    InputPath,
    Integer,
    Number,
    Output,
    OutputPath,
    Parameters,
    Part,
    ResultPath,
    ResultSelector,
    Template,
)
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher, Retrier
from asl_engine.model.kinds import (
    CONSTANT,
    DATA,
    JSONATA,
    JSONPATH,
    NUMBER,
    PATH,
    REFERENCE_PATH,
    TEMPLATE,
    TEXT,
    TEXT_PATH,
    Kind,
)
from asl_engine.model.maps import ItemBatcher, ItemReader, ProcessorConfig, ResultWriter
from asl_engine.quotas import MAX_SECONDS
from asl_engine.values import ABSENT

QueryLanguage: TypeAlias = Literal["JSONPath", "JSONata"]


class Block(Part):
    """A `States` block and where it starts: the machine, a branch of a Parallel, the processor of a Map.

    > States are identified by their names, which are keys of "States"; transitions stay inside one block.
    """

    start_at: str
    states: dict[str, State]


class Branch(Block):
    """One branch of a Parallel state."""


class ItemProcessor(Block):
    """What a Map does with each item (`ItemProcessor`, and `Iterator` in older definitions)."""

    processor_config: ProcessorConfig | None = None


class StateBase(Part):
    """What any state can have."""

    query_language: QueryLanguage | None = None


class Transition(StateBase, Assigner):
    """A state that goes on: `Next` or `End`, and its output."""

    next: str | None = None
    end: Annotated[bool, Field(strict=True)] | None = None
    input_path: InputPath = "$"
    output_path: OutputPath = "$"


class ShapingState(Transition):
    """A state that makes something of its input, not only selects from it: Pass, Task, Parallel and Map."""

    parameters: Parameters = ABSENT
    result_path: ResultPath = "$"


class WorkState(ShapingState):
    """A state whose work gives a result and can fail: Task, Parallel and Map."""

    result_selector: ResultSelector = None
    retry: list[Retrier] = []
    catch: list[Catcher] = []


class Pass(ShapingState):
    """Passes its input to its output, or injects a fixed `Result`."""

    type: Literal["Pass"]
    result: Annotated[Any, Kind(DATA, languages=JSONPATH)] = ABSENT


class Task(WorkState):
    """Does one unit of work, named by `Resource`.

    > A Task State MUST have a URI field named "Resource".
    """

    type: Literal["Task"]
    resource: str
    arguments: Arguments = ABSENT
    credentials: Annotated[dict[str, Any] | str | None, Kind(TEMPLATE)] = None
    timeout_seconds: Annotated[Integer | None, Kind(NUMBER, least=1, most=MAX_SECONDS)] = None
    timeout_seconds_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="timeout_seconds")] = None
    heartbeat_seconds: Annotated[Integer | None, Kind(NUMBER, least=1, most=MAX_SECONDS)] = None
    heartbeat_seconds_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="heartbeat_seconds")] = None


class Choice(StateBase, Assigner):
    """Goes where the first matching rule says, else to `Default`."""

    type: Literal["Choice"]
    choices: list[ChoiceRule]
    default: str | None = None
    input_path: InputPath = "$"
    output_path: OutputPath = "$"


class Wait(Transition):
    """Delays: a number of seconds or until a time, fixed or from the input."""

    type: Literal["Wait"]
    seconds: Annotated[Integer | None, Kind(NUMBER, least=0, most=MAX_SECONDS)] = None
    seconds_path: Annotated[str | None, Kind(REFERENCE_PATH)] = None  # which of the four there may be, ASL611 says
    timestamp: Annotated[str | None, Kind(TEXT)] = None
    timestamp_path: Annotated[str | None, Kind(REFERENCE_PATH)] = None


class Succeed(StateBase):
    """Ends its block with success."""

    type: Literal["Succeed"]
    input_path: InputPath = "$"
    output_path: OutputPath = "$"
    output: Output = ABSENT


class Fail(StateBase):
    """Ends its block with a failure."""

    type: Literal["Fail"]
    error: Annotated[str | None, Kind(TEXT)] = None
    error_path: Annotated[str | None, Kind(TEXT_PATH, twin="error")] = None
    cause: Annotated[str | None, Kind(TEXT)] = None
    cause_path: Annotated[str | None, Kind(TEXT_PATH, twin="cause")] = None


class Parallel(WorkState):
    """Runs its branches side by side; the result is the array of their outputs."""

    type: Literal["Parallel"]
    branches: list[Branch]
    arguments: Arguments = ABSENT


class Map(WorkState):
    """Runs its processor once for each item; the result is the array of their outputs."""

    type: Literal["Map"]
    item_processor: ItemProcessor | None = None
    iterator: ItemProcessor | None = None
    items: Annotated[list[Any] | str | None, Kind(TEMPLATE, languages=JSONATA)] = None
    items_path: Annotated[str | None, Kind(PATH)] = None
    item_selector: Template = ABSENT
    max_concurrency: Annotated[Integer | None, Kind(NUMBER, least=0)] = None
    max_concurrency_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="max_concurrency")] = None
    item_reader: ItemReader | None = None
    item_batcher: ItemBatcher | None = None
    result_writer: ResultWriter | None = None
    label: str | None = None
    tolerated_failure_count: Annotated[Integer | None, Kind(NUMBER, least=0)] = None
    tolerated_failure_count_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="tolerated_failure_count")] = None
    tolerated_failure_percentage: Annotated[Number | None, Kind(NUMBER, least=0, most=100)] = None
    tolerated_failure_percentage_path: Annotated[
        str | None, Kind(REFERENCE_PATH, twin="tolerated_failure_percentage")
    ] = None

    @property
    def processor(self) -> ItemProcessor | None:
        """The processor, under whichever name it has."""
        return self.item_processor or self.iterator

    @property
    def is_distributed(self) -> bool:
        """Whether its items are processed by executions of their own."""
        config = self.processor.processor_config if self.processor is not None else None
        return config is not None and config.mode == "DISTRIBUTED"

    @property
    def execution_type(self) -> str:
        """The type of those executions."""
        config = self.processor.processor_config if self.processor is not None else None
        return (config.execution_type if config is not None else None) or "STANDARD"


State: TypeAlias = Annotated[
    Pass | Task | Choice | Wait | Succeed | Fail | Parallel | Map,
    Field(discriminator="type"),
]


class StateMachine(Block):
    """The whole document.

    > A State Machine is represented by a JSON Object.
    """

    version: str | None = None
    timeout_seconds: Annotated[
        Annotated[int, Field(strict=True)] | str | None, Kind(CONSTANT, least=0, most=MAX_SECONDS)
    ] = None
    query_language: QueryLanguage | None = None
