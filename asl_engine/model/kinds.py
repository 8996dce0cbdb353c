"""What a field takes: said once, on the field itself, and asked for by everybody else.

A field of the model is annotated with its kind:

    timeout_seconds: Annotated[Integer | None, Kind(NUMBER, least=1, most=MAX_SECONDS)] = None
    timeout_seconds_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="timeout_seconds")] = None

A field without one holds a name, a word or parts. `shape.py` collects the fields of a kind over all parts.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Form: TypeAlias = Literal[
    "path", "reference path", "result path", "text path", "template", "number", "constant", "text", "condition", "data"
]
Language: TypeAlias = Literal["JSONPath", "JSONata"]

PATH: Final = "path"
"""A JSONPath; JSONPath only, as all forms of paths."""

REFERENCE_PATH: Final = "reference path"
"""A path that names a single place."""

RESULT_PATH: Final = "result path"
"""A reference path into the state's input, where something is put."""

TEXT_PATH: Final = "text path"
"""A path or an intrinsic call that gives a text."""

TEMPLATE: Final = "template"
"""A payload template, or in JSONata any JSON with expressions in its strings."""

NUMBER: Final = "number"
"""A number, or in JSONata an expression."""

CONSTANT: Final = "constant"
"""A number or truth value that no expression gives, in neither language."""

TEXT: Final = "text"
"""A text, or in JSONata an expression."""

CONDITION: Final = "condition"
"""True, false or an expression."""

DATA: Final = "data"
"""JSON to the letter."""

PATHS: Final = frozenset({PATH, REFERENCE_PATH, RESULT_PATH, TEXT_PATH})

JSONPATH: Final = ("JSONPath",)
JSONATA: Final = ("JSONata",)
BOTH: Final = ("JSONPath", "JSONata")


class Kind:
    """What a field takes.

    `languages` has the query languages in which the field exists; paths exist in JSONPath alone. `twin` is the field
    that says the same as a constant, and stands in place of this one. Numbers lie between `least` and `most`.
    `is_of_result` tells that `$` is not the state's effective input there but what became of it.
    """

    __slots__ = ("form", "is_of_result", "languages", "least", "most", "twin")

    def __init__(
        self,
        form: Form,
        *,
        languages: tuple[Language, ...] | None = None,
        twin: str | None = None,
        least: int | None = None,
        most: int | None = None,
        is_of_result: bool = False,
    ) -> None:
        self.form = form
        self.languages = languages or (JSONPATH if form in PATHS else BOTH)
        self.twin = twin
        self.least = least
        self.most = most
        self.is_of_result = is_of_result

    def is_evaluated(self, language: Language) -> bool:
        """Whether what stands there is evaluated: paths and templates in JSONPath, all but constants in JSONata."""
        if language not in self.languages or self.form in (CONSTANT, DATA, RESULT_PATH):
            return False
        return language == "JSONata" or self.form in PATHS or self.form == TEMPLATE
