"""What every part of the document has in common: names, strictness, and the types of fields.

The model says what the author wrote and nothing more: strings that hold an expression stay strings here (`lang/` gives
them meaning), and what is wrong with them is found by `rules/`. The names are the specification's in snake_case.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from asl_engine.model.kinds import JSONATA, JSONPATH, PATH, RESULT_PATH, TEMPLATE, Kind
from asl_engine.values import ABSENT, Absent

InputPath: TypeAlias = Annotated[str | None, Kind(PATH)]
ResultPath: TypeAlias = Annotated[str | None, Kind(RESULT_PATH)]
OutputPath: TypeAlias = Annotated[str | None, Kind(PATH, is_of_result=True)]

Template: TypeAlias = Annotated[Any | Absent, Kind(TEMPLATE)]
"""`ABSENT` when the field is not there, as null is a value."""

Parameters: TypeAlias = Annotated[Any | Absent, Kind(TEMPLATE, languages=JSONPATH)]
Arguments: TypeAlias = Annotated[Any | Absent, Kind(TEMPLATE, languages=JSONATA)]
ResultSelector: TypeAlias = Annotated[dict[str, Any] | None, Kind(TEMPLATE, languages=JSONPATH, is_of_result=True)]
Output: TypeAlias = Annotated[Any | Absent, Kind(TEMPLATE, languages=JSONATA, is_of_result=True)]

Dynamic: TypeAlias = Annotated[str, Field(pattern=r"^\{%|\$\{")]
"""A string that stands where a number does: a JSONata expression, or a placeholder of a template."""

Integer: TypeAlias = Annotated[int, Field(strict=True)] | Dynamic
Number: TypeAlias = Annotated[float, Field(strict=True)] | Dynamic
Boolean: TypeAlias = Annotated[bool, Field(strict=True)] | Dynamic


class Part(BaseModel):
    """A part of a document. A field that the language does not know is an error and never ignored."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        extra="forbid",
        frozen=False,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        strict=True,
        defer_build=True,  # one schema is built, for the whole document, when the first definition is loaded
    )

    comment: str | None = None


class Assigner(Part):
    """A part that can assign variables (`Assign`) and, in JSONata, shape its output (`Output`)."""

    assign: Annotated[dict[str, Any] | None, Kind(TEMPLATE, is_of_result=True)] = None
    output: Output = ABSENT


def written(part: Part, name: str) -> Any:
    """Return the value of a field; ABSENT where it is not there, or says what holds without it (`null` for some)."""
    value = getattr(part, name)
    is_written = name in part.model_fields_set  # asked first: to look up a default costs more, and most fields are not
    return value if is_written and value is not defaults_of(type(part))[name] else ABSENT


@cache
def defaults_of(part: type[Part]) -> dict[str, Any]:
    """Return what holds where a field is not written, by the names of the fields."""
    return {name: info.default for name, info in part.model_fields.items()}
