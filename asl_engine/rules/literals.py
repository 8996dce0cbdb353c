"""Rules about what stands in a definition to the letter: paths that are texts, what is too large, what is secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.kinds import TEMPLATE
from asl_engine.model.shape import fields_of_kind
from asl_engine.pointers import texts
from asl_engine.quotas import MAX_BYTES
from asl_engine.rules.outline import Outline, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import size_of

NEAR: Final = MAX_BYTES * 3 // 4

_PATH: Final = re.compile(r"\$\$?(\.[A-Za-z_][\w.\[\]*'-]*|\['[^']*'\])")
_CALL: Final = re.compile(r"States\.[A-Z]\w+\(.*\)")


@rule("ASL431", "path-without-suffix", aws="NO_DOLLAR", severity=Severity.WARNING, is_default=False)
def path_without_suffix(outline: Outline) -> Iterator[Finding]:
    """A payload template gives a path or an intrinsic as a text, because its key does not end with `.$`.

    Bad:
        {"Type": "Pass", "Parameters": {"id": "$.orderId"}, "End": true}

    Good:
        {"Type": "Pass", "Parameters": {"id.$": "$.orderId"}, "End": true}
    """
    for field in fields_of_kind(TEMPLATE, language="JSONPath"):
        for site in outline.having(field):
            if not site.is_jsonata:
                for pointer, key, value in texts(getattr(site.part, field), site.at(field)):
                    if not key.endswith(".$") and (_PATH.fullmatch(value) or _CALL.fullmatch(value)):
                        near = f" Write {key + '.$'!r} to have its value."
                        message = f"{value!r} is sent as it stands here, as a text."
                        aws_text = _no_dollar(key, value)
                        yield Finding(pointer, message, near, aws_text=aws_text, aws_at=site.at(field))


def _no_dollar(key: str, value: str) -> str:
    """Return what AWS says of it: recorded of a path in September 2026, and believed of a call."""
    kind = "a JSONPath" if value.startswith("$") else "an intrinsic function"
    looks = f"The value of '{key}' looks like {kind}. Instead of '{key}', use '{key}.$'"
    return f"{looks} to evaluate it as {kind} at runtime."


@rule("ASL441", "literal-too-large", aws=None, severity=Severity.WARNING)
def literal_too_large(outline: Outline) -> Iterator[Finding]:
    """What a state gives or sends to the letter is larger than 256 KiB, so the state fails whenever it runs.

    Bad:
        {"Type": "Pass", "Result": "<text of 300,000 characters>", "End": true}

    Good:
        {"Type": "Pass", "Result": {"where": "s3://bucket/large.json"}, "End": true}
    """
    for pointer, _ in _literals_above(outline, MAX_BYTES):
        yield Finding(pointer, f"this is larger than the {MAX_BYTES:,} bytes that a state may give")


@rule("ASL442", "literal-near-limit", aws=None, severity=Severity.INFO)
def literal_near_limit(outline: Outline) -> Iterator[Finding]:
    """What a state gives or sends to the letter is more than three quarters of the 256 KiB that it may have.

    Data are joined to it while the execution runs, and one byte too many ends it.

    Bad:
        {"Type": "Pass", "Result": "<text of 200,000 characters>", "End": true}

    Good:
        {"Type": "Pass", "Result": {"where": "s3://bucket/large.json"}, "End": true}
    """
    for pointer, size in _literals_above(outline, NEAR):
        if size <= MAX_BYTES:
            yield Finding(pointer, f"this has {size:,} bytes, and a state may give {MAX_BYTES:,}")


def _literals_above(outline: Outline, least: int) -> Iterator[tuple[str, int]]:
    """Yield the place and the size of what states give or send to the letter, where it has more bytes than `least`."""
    if outline.document is None or len(outline.document.text) <= least // 4:  # a character has four bytes at most
        return
    for field in ("result", "parameters", "arguments", "output"):
        for site in outline.having(field):
            value = getattr(site.part, field)
            if isinstance(value, (dict, list, str)) and not is_open(str(value)) and (size := size_of(value)) > least:
                yield site.at(field), size


_SECRET: Final = re.compile(
    r"(?i)(^|[_-])(password|passwd|passphrase|secret|secret[_-]?key|api[_-]?key|access[_-]?token|auth[_-]?token|"
    r"private[_-]?key|client[_-]?secret)$"
)
_REFERENCE: Final = re.compile(r"\$|\{%|\{\{|arn:|States\.")
_KEY_ID: Final = re.compile(r"(AKIA|ASIA)[0-9A-Z]{16}")


@rule("ASL451", "secret-in-definition", aws=None, severity=Severity.WARNING, is_default=False)
def secret_in_definition(outline: Outline) -> Iterator[Finding]:
    """A password or key stands in the definition, where everybody who may describe the state machine can read it.

    Bad:
        {"Type": "Pass", "Parameters": {"password": "correct-horse-battery"}, "End": true}

    Good:
        {"Type": "Pass", "Parameters": {"secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db"},
         "End": true}
    """
    for field in ("parameters", "arguments", "result", "output", "assign"):
        for site in outline.having(field):
            for pointer, key, value in texts(getattr(site.part, field), site.at(field)):
                is_named = _SECRET.search(key) is not None and len(value) >= 4 and not _REFERENCE.match(value)
                if (is_named and not is_open(value)) or _KEY_ID.search(value):
                    near = " Keep it in Secrets Manager or Parameter Store, and read it there."
                    yield Finding(pointer, "a secret stands here for all who can read the definition.", near)
