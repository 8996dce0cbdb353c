"""No field is accepted and ignored: compiling a machine reads each field that its query language has.

While a machine with every kind of part is compiled, each reading of a field by the program is noted. What was never
read would mean nothing to an execution, in this language.
"""

from __future__ import annotations

import sys

import pytest
from conftest import chain

from asl_engine import StateMachine
from asl_engine.model import choice, failures, maps, states
from asl_engine.model.base import Part
from asl_engine.model.shape import fields_of
from asl_engine.program.compile import compile_program
from asl_engine.rules.fields import JSONATA_ONLY, JSONPATH_ONLY

INERT = {"comment", "version", "end"}
"""What means nothing to an execution; it ends where there is no `Next`."""

ABSTRACT = {states.Block, states.StateBase, states.Transition}

PARTS = [
    member
    for module in (states, choice, failures, maps)
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Part) and member.__module__ == module.__name__
]

OPERANDS = {"numeric": 1, "boolean": True, "is": True, "timestamp": "2026-01-01T00:00:00Z"}

PASS = {"Type": "Pass"}
WRITTEN = {"OutputType": "JSON"}
HANDLED = {
    "Retry": [{"ErrorEquals": ["E"], "MaxDelaySeconds": 9}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Last"}],
}
DISTRIBUTED = chain(Child=PASS) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}


def operand(name):
    return "$.x" if name.endswith("_path") else OPERANDS.get(name.partition("_")[0], "text")


def distributed(**reader):
    """Return a distributed Map with every part that it can have."""
    return {
        "Type": "Map",
        "ItemProcessor": DISTRIBUTED,
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, **reader},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "WriterConfig": WRITTEN, **reader},
    }


def machine_of(language, waits, rules, arguments):
    """Return a machine with each kind of part, and each way in which a state can say one thing."""
    return {
        "QueryLanguage": language,
        **chain(
            **{f"Wait{number}": {"Type": "Wait", **wait} for number, wait in enumerate(waits)},
            Choose={"Type": "Choice", "Choices": [{**rule, "Next": "Pass"} for rule in rules], "Default": "Pass"},
            Pass=PASS,
            Task={"Type": "Task", "Resource": "f", **HANDLED},
            Parallel={"Type": "Parallel", "Branches": [chain(F={"Type": "Fail"})], **HANDLED},
            Map={"Type": "Map", "Iterator": chain(Iteration=PASS), **HANDLED},
            Distributed=distributed(**{arguments: {"Bucket": "b", "Key": "k", "Prefix": "p"}}),
            Last={"Type": "Succeed"},
        ),
    }


COMPARES = [{"Variable": "$.x", fields_of(choice.ChoiceRule)[name]: operand(name)} for name in choice.OPERATORS]
COMBINES = [{"And": COMPARES[:1]}, {"Or": COMPARES[:1]}, {"Not": COMPARES[0]}]
PATHS = [{"SecondsPath": "$.x"}, {"Timestamp": "2026-01-01T00:00:00Z"}, {"TimestampPath": "$.x"}]

LANGUAGES = {
    "JSONPath": (machine_of("JSONPath", PATHS, COMPARES + COMBINES, "Parameters"), JSONATA_ONLY),
    "JSONata": (
        machine_of("JSONata", [{"Seconds": 1}, *PATHS[1:2]], [{"Condition": "{% true %}"}], "Arguments"),
        JSONPATH_ONLY | choice.OPERATORS,
    ),
}


@pytest.fixture
def read(monkeypatch):
    """Collect (class, field) of what is read; `unsupported.py` looks at every field, and does nothing with it."""
    noted = set()
    plain = Part.__getattribute__

    def noting(part, name):
        if sys._getframe(1).f_globals["__name__"] != "asl_engine.program.unsupported":
            noted.add((type(part), name))
        return plain(part, name)

    monkeypatch.setattr(Part, "__getattribute__", noting)
    return noted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_language_is_read(read, language):
    """A field accepted and ignored is the worst bug: the compiler reads it, unless it is inert or foreign."""
    definition, foreign = LANGUAGES[language]
    model = StateMachine.from_dict(definition).model
    read.clear()

    compile_program(model)

    wanted = {(part, name) for part in PARTS if part not in ABSTRACT for name in part.model_fields}
    forgotten = {(part.__name__, name) for part, name in wanted - read if name not in INERT | foreign}
    assert set() == forgotten
