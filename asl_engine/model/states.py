"""The eight state types and the block that holds states: a table of the specification, nothing else.

Each field is declared once. JSONPath and JSONata fields stand side by side; which of them a state may have is a rule.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from asl_engine.model.base import Assigner, Integer, Number, Part, Path, ReferencePath, Template
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher, Retrier
from asl_engine.model.maps import ItemBatcher, ItemReader, ProcessorConfig, ResultWriter
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
    input_path: Path | None = "$"
    output_path: Path | None = "$"


class Pass(Transition):
    """Passes its input to its output, or injects a fixed `Result`."""

    type: Literal["Pass"]
    parameters: Template = ABSENT
    result: Any = ABSENT
    result_path: ReferencePath | None = "$"


class Task(Transition):
    """Does one unit of work, named by `Resource`.

    > A Task State MUST have a URI field named "Resource".
    """

    type: Literal["Task"]
    resource: str
    parameters: Template = ABSENT
    arguments: Template = ABSENT
    credentials: dict[str, Any] | str | None = None
    result_selector: dict[str, Any] | None = None
    result_path: ReferencePath | None = "$"
    timeout_seconds: Integer | None = None
    timeout_seconds_path: ReferencePath | None = None
    heartbeat_seconds: Integer | None = None
    heartbeat_seconds_path: ReferencePath | None = None
    retry: list[Retrier] = []
    catch: list[Catcher] = []


class Choice(StateBase, Assigner):
    """Goes where the first matching rule says, else to `Default`."""

    type: Literal["Choice"]
    choices: list[ChoiceRule]
    default: str | None = None
    input_path: Path | None = "$"
    output_path: Path | None = "$"


class Wait(Transition):
    """Delays: a number of seconds or until a time, fixed or from the input."""

    type: Literal["Wait"]
    seconds: Integer | None = None
    seconds_path: ReferencePath | None = None
    timestamp: str | None = None
    timestamp_path: ReferencePath | None = None


class Succeed(StateBase):
    """Ends its block with success."""

    type: Literal["Succeed"]
    input_path: Path | None = "$"
    output_path: Path | None = "$"
    output: Template = ABSENT


class Fail(StateBase):
    """Ends its block with a failure."""

    type: Literal["Fail"]
    error: str | None = None
    error_path: Path | None = None
    cause: str | None = None
    cause_path: Path | None = None


class Parallel(Transition):
    """Runs its branches side by side; the result is the array of their outputs."""

    type: Literal["Parallel"]
    branches: list[Branch]
    parameters: Template = ABSENT
    arguments: Template = ABSENT
    result_selector: dict[str, Any] | None = None
    result_path: ReferencePath | None = "$"
    retry: list[Retrier] = []
    catch: list[Catcher] = []


class Map(Transition):
    """Runs its processor once for each item; the result is the array of their outputs."""

    type: Literal["Map"]
    item_processor: ItemProcessor | None = None
    iterator: ItemProcessor | None = None
    items: list[Any] | str | None = None
    items_path: ReferencePath | None = None
    item_selector: Template = ABSENT
    parameters: Template = ABSENT
    max_concurrency: Integer | None = None
    max_concurrency_path: ReferencePath | None = None
    item_reader: ItemReader | None = None
    item_batcher: ItemBatcher | None = None
    result_writer: ResultWriter | None = None
    label: str | None = None
    tolerated_failure_count: Integer | None = None
    tolerated_failure_count_path: ReferencePath | None = None
    tolerated_failure_percentage: Number | None = None
    tolerated_failure_percentage_path: ReferencePath | None = None
    result_selector: dict[str, Any] | None = None
    result_path: ReferencePath | None = "$"
    retry: list[Retrier] = []
    catch: list[Catcher] = []

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
    timeout_seconds: Annotated[int, Field(strict=True)] | str | None = None
    query_language: QueryLanguage | None = None
