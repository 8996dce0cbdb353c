"""What every part of the path compiler speaks of: steps, names, and why a path leads nowhere."""

from __future__ import annotations

from typing import Final, NoReturn, TypeAlias

from asl_engine.lang.expr import ExpressionFailed
from asl_engine.values import JSON, json_text

Step: TypeAlias = str | int

NAME: Final = r"[^\s.\[\]()*?,'\"<>=!|&]+"
SINGLE_QUOTED: Final = r"'(?:[^'\\]|\\.)*'"
DOUBLE_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
INTEGER: Final = r"-?[0-9]{1,10}"


class PathNotFound(ExpressionFailed):
    """A definite path leads nowhere in `searched`; `detail` says how, in Jayway's words. `is_past_end` is true where it
    ends with an index, and the array has fewer items.

    Its own cause is the wording of path fields (`InputPath` and the like). Payload templates, `ErrorPath` and
    `CausePath` name the field and quote the input instead: `naming_field` makes that form [conformance corpus].
    """

    def __init__(self, path: str, detail: str, searched: JSON, is_past_end: bool = False) -> None:
        super().__init__(f"Invalid path '{path}' : {detail}")
        self.is_past_end = is_past_end
        self.path = path
        self.detail = detail
        self.searched = searched

    def naming_field(self, field: str) -> ExpressionFailed:
        """Return the same failure as the service words it for the field of a payload template."""
        quoted = json_text(self.searched)
        return ExpressionFailed(
            f"The JSONPath '{self.path}' specified for the field '{field}' could not be found in the input '{quoted}'"
        )


def unquoted(quoted: str) -> str:
    r"""Return the name in a quoted bracket: a backslash escapes the enclosing quote and nothing else.

    AWS finds the key `Test\""Name"` by the path `$['Test\""Name"']`, so other backslashes stand for themselves.
    """
    mark = quoted[0]
    return quoted[1:-1].replace("\\" + mark, mark)


def explain(path: str, steps: tuple[Step, ...], root: JSON) -> NoReturn:
    """Raise the failure of a reference path that leads nowhere in `root`."""
    value: JSON = root
    walked = "$"
    is_past_end = False
    for at, step in enumerate(steps, 1):
        fragment = f"['{step}']" if isinstance(step, str) else f"[{step}]"
        refusal = wrong_kind(step, value, walked)
        if refusal is not None:
            raise PathNotFound(path, refusal, root)
        walked += fragment
        try:
            value = value[step]
        except LookupError:
            is_past_end = at == len(steps) and isinstance(step, int)
            break
    raise PathNotFound(path, _missing(walked, steps), root, is_past_end)


def explain_in_data(path: str, steps: tuple[Step, ...], data: JSON) -> NoReturn:
    """Raise the failure of a reference path that leads nowhere in the state's data."""
    if data is None:
        raise NullData
    explain(path, steps, data)


class NullData(ExpressionFailed):
    """A path is applied to data that is null: AWS refuses even `$` (measured by users, and said to be intended)."""

    def __init__(self) -> None:
        super().__init__("Unable to apply Path transformation to null or empty input.")


def _missing(walked: str, steps: tuple[Step, ...]) -> str:
    """Return Jayway's words for a place that is not there, which differ for a field in the midst of the path."""
    whole = "$" + "".join(f"['{step}']" if isinstance(step, str) else f"[{step}]" for step in steps)
    if walked != whole and walked.endswith("']"):
        return f"Missing property in path {walked}"
    return f"No results for path: {whole}"


def wrong_kind(step: Step, value: JSON, walked: str) -> str | None:
    """Return Jayway's words when `value` is not what the step applies to; None if it is."""
    if isinstance(step, str):
        return None if isinstance(value, dict) else f"Property ['{step}'] not found in path {walked}"
    if value is None:
        return f"The path {walked} is null"
    if not isinstance(value, list):
        return f"Filter: [{step}] can only be applied to arrays. Current context is: {json_text(value)}"
    return None
