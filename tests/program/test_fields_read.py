"""No field is accepted and ignored: compiling a machine reads each field that its query language has.

While a machine with every kind of part is compiled, each reading of a field by the program is noted. What was never
read would mean nothing to an execution, in this language.
"""

from __future__ import annotations

import sys

import pytest
from conftest import chain

from asl_engine import StateMachine
from asl_engine.model import choice
from asl_engine.model.base import Part
from asl_engine.model.kinds import BOTH
from asl_engine.model.shape import PARTS, fields_of, kinds_of
from asl_engine.program.compile import compile_program

INERT = {"comment", "version", "end"}
"""What means nothing to an execution; it ends where there is no `Next`."""

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

MACHINES = {
    "JSONPath": machine_of("JSONPath", PATHS, COMPARES + COMBINES, "Parameters"),
    "JSONata": machine_of("JSONata", [{"Seconds": 1}, *PATHS[1:2]], [{"Condition": "{% true %}"}], "Arguments"),
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


def fields_of_language(language):
    """Yield (class, field) of what a document of a language can have and an execution takes notice of."""
    foreign = choice.OPERATORS if language == "JSONata" else set()
    for part in PARTS:
        kinds, is_concrete = kinds_of(part), not part.__subclasses__()
        for name in set(part.model_fields) - INERT - foreign:
            if is_concrete and language in (kinds[name].languages if name in kinds else BOTH):
                yield part, name


@pytest.mark.parametrize("language", MACHINES)
def test_every_field_of_a_language_is_read(read, language):
    """A field accepted and ignored is the worst bug: the compiler reads it, unless it is inert or foreign."""
    model = StateMachine.from_dict(MACHINES[language]).model
    read.clear()

    compile_program(model)

    forgotten = {(part.__name__, name) for part, name in set(fields_of_language(language)) - read}
    assert set() == forgotten
