"""What must stay true of the code itself: layers, sizes, exports, and that no field is accepted and ignored."""

from __future__ import annotations

import ast
import inspect
import re
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import chain, one_state

import asl_engine
from asl_engine import AslError, DefinitionError, NotSupported, StateMachine, errors
from asl_engine.model import base, choice, failures, maps, states
from asl_engine.program import compile as compiler

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "asl_engine"
SOURCES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    {"quotas"},
    {"errors", "values"},
    {"diagnostics"},
    {"source"},
    {"lang", "model", "catalogue"},
    {"program", "rules"},
    {"history"},
    {"kernel"},
    {"tasks", "inspection"},
    {"mapruns"},
    {"drivers", "render"},
    {"execution"},
    {"engine"},
    {"server", "testing"},
    {"cli"},
    {"__init__", "__main__"},
)
"""From the bottom up: what stands in one set does not import its neighbours, nor anything above."""

BELOW_DRIVERS = {name for layer in LAYERS[:10] for name in layer}


def part_of(path):
    """Return which part of the package a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def imports_of(path):
    """Yield (module, is at run time) for each import of a file; imports for the type checker alone do not run."""
    for_types = {
        id(inner)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            is_package = node.module == "asl_engine" or (PACKAGE.parent / Path(*node.module.split("."))).is_dir()
            for alias in node.names:
                yield (f"{node.module}.{alias.name}" if is_package else node.module), id(node) not in for_types
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in for_types


def height_of(part):
    [height] = [number for number, layer in enumerate(LAYERS) if part in layer]
    return height


# --- layers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_imports_lead_strictly_downward(path):
    """A file imports its own part and parts below; types of anywhere may be named for the type checker."""
    own = part_of(path)
    upward = {
        module
        for module, is_at_run_time in imports_of(path)
        if is_at_run_time and module.startswith("asl_engine.")
        for part in [module.split(".")[1]]
        if (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file()
        if part != own and height_of(part) >= height_of(own)
    }

    assert set() == upward


def test_there_are_no_import_cycles():
    """Modules that import one another at run time form no ring; a package may gather what its modules have."""
    dotted = {
        path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES
    }
    needs = {name: set() for name in dotted.values()}
    for path, name in dotted.items():
        wanted = {module for module, is_at_run_time in imports_of(path) if is_at_run_time}
        needs[name] = {module for module in wanted & set(needs) if not f"{name}.".startswith(f"{module}.")}
    while free := [name for name, wanted in needs.items() if not wanted]:
        for name in free:
            del needs[name]
        for wanted in needs.values():
            wanted.difference_update(free)

    assert {} == needs


ACTING = {"time", "asyncio", "threading", "socket", "subprocess", "multiprocessing", "concurrent", "signal", "select"}
LOW = [path for path in SOURCES if part_of(path) in BELOW_DRIVERS and not {"integrations", "jsonata"} & set(path.parts)]
"""Without what calls AWS, and without the JSONata package, which stands for itself: the engine hands it the time."""


@pytest.mark.parametrize("path", LOW, ids=names(LOW))
def test_below_the_drivers_nothing_acts(path):
    """No clock, no threads, no network and no chance of its own: those are the drivers' (Random(seed) is not)."""
    modules = {module.split(".")[0] for module, _ in imports_of(path)}
    calls = {ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)}

    assert set() == modules & ACTING
    assert set() == {call for call in calls if re.fullmatch(r"(\w+\.)*(now|utcnow|today|uuid1|uuid4|urandom)", call)}
    assert set() == {call for call in calls if re.fullmatch(r"random\.(?!Random$)\w+", call)}
    froms = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom) and node.module == "random"]
    assert {"Random"} >= {alias.name for node in froms for alias in node.names}


def test_importing_the_package_is_cheap():
    """What only some callers need is imported when they need it."""
    heavy = [
        "networkx",
        "graphviz",
        "pygraphviz",
        "lark",
        "jsonpath_ng",
        "boto3",
        "asyncio",
        "ruamel",
        "click",
        "starlette",
    ]
    code = f"import sys, asl_engine; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


# --- exports and errors ----------------------------------------------------------------------------------------------


def test_everything_public_can_be_imported():
    """`__all__` is sorted and complete, and each of its names is there and documented."""
    public = {name: getattr(asl_engine, name) for name in asl_engine.__all__}

    assert sorted(asl_engine.__all__) == asl_engine.__all__
    assert all(thing.__doc__ for thing in public.values())
    ours = {name: thing for name, thing in vars(asl_engine).items() if isinstance(thing, type)}
    eager = {name for name, thing in ours.items() if thing.__module__.startswith("asl_engine")}
    assert eager <= set(asl_engine.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        asl_engine.Nothing  # noqa: B018


def test_the_tree_of_errors_is_the_one_that_its_module_draws():
    """Names and depths of the docstring are those of the classes, and all are public."""
    drawn = re.findall(r"^    (?:[├└]── )?([A-Z]\w+)  ", errors.__doc__, re.MULTILINE)
    classes = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]

    assert [thing.__name__ for thing in classes] == drawn
    assert all(thing is AslError or thing.__base__ is AslError for thing in classes)
    assert set(drawn) <= set(asl_engine.__all__)


# --- no field is accepted and ignored --------------------------------------------------------------------------------

MODELS = [
    member
    for module in (states, choice, failures, maps)
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, base.Part) and member.__module__ == module.__name__
]
FIELDS = sorted({(model.__name__, name) for model in MODELS for name in model.model_fields})
SOURCE_OF_PROGRAM = "".join(path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "program").glob("*.py")))
PROPERTIES = (states.Map.processor, states.Map.is_distributed, states.Map.execution_type)
HELPERS = (states.inner_blocks, *(property.fget for property in PROPERTIES))
READ = set(re.findall(r"\w+", SOURCE_OF_PROGRAM + "".join(map(inspect.getsource, HELPERS))))

@pytest.mark.parametrize(("model", "field"), FIELDS, ids=[f"{model}.{field}" for model, field in FIELDS])
def test_every_field_is_read_or_inert_or_refused(model, field):
    """A field accepted and ignored is the worst bug: the compiler reads it, or names it as inert or not supported."""
    assert field in READ | compiler.INERT | choice.OPERATORS


PASSES = chain(P={"Type": "Pass"})
TASK = {"Type": "Task", "Resource": "f"}
RETRIED = {**TASK, "Parameters": {"fail": True}}


def retrying(**fields):
    return {**RETRIED, "Retry": [{"ErrorEquals": ["ValueError"], "MaxAttempts": 3, **fields}]}


EFFECTS = {
    "InputPath": ({"Type": "Pass"}, {"InputPath": "$.a"}),
    "OutputPath": ({"Type": "Pass"}, {"OutputPath": "$.a"}),
    "Parameters": ({"Type": "Pass"}, {"Parameters": {"x": 1}}),
    "Result": ({"Type": "Pass"}, {"Result": 1}),
    "ResultPath": ({"Type": "Pass", "Result": 1}, {"ResultPath": "$.r"}),
    "ResultSelector": (TASK, {"ResultSelector": {"x": 1}}),
    "Assign": ({"Type": "Pass"}, {"Assign": {"x": 1}}),
    "Credentials": (TASK, {"Credentials": {"RoleArn": "arn:aws:iam::123456789012:role/x"}}),
    "TimeoutSeconds": (TASK, {"TimeoutSeconds": 9}),
    "TimeoutSecondsPath": (TASK, {"TimeoutSecondsPath": "$.n"}),
    "HeartbeatSeconds": (TASK, {"HeartbeatSeconds": 9}),
    "HeartbeatSecondsPath": (TASK, {"HeartbeatSecondsPath": "$.n"}),
    "Retry": (RETRIED, {"Retry": [{"ErrorEquals": ["ValueError"]}]}),
    "IntervalSeconds": (retrying(), retrying(IntervalSeconds=7)),
    "MaxAttempts": (retrying(), retrying(MaxAttempts=1)),
    "BackoffRate": (retrying(), retrying(BackoffRate=3.5)),
    "MaxDelaySeconds": (retrying(), retrying(MaxDelaySeconds=2)),
    "JitterStrategy": (retrying(), retrying(JitterStrategy="FULL")),
    "Seconds": ({"Type": "Wait", "Seconds": 1}, {"Seconds": 2}),
    "MaxConcurrency": (
        {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": chain(W={"Type": "Wait", "Seconds": 1})},
        {"MaxConcurrency": 1},
    ),
    "ItemsPath": ({"Type": "Map", "ItemProcessor": PASSES}, {"ItemsPath": "$.l"}),
    "ItemSelector": ({"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": PASSES}, {"ItemSelector": {"x": 1}}),
    "ToleratedFailureCount": (
        {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": chain(F={"Type": "Fail"})},
        {"ToleratedFailureCount": 2},
    ),
    "ToleratedFailurePercentage": (
        {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": chain(F={"Type": "Fail"})},
        {"ToleratedFailurePercentage": 100},
    ),
}


def outcome_of(state):
    """Return all that an execution of one state tells."""

    def work(event, context):
        if event.get("fail"):
            raise ValueError
        return {"r": 1}

    machine = StateMachine.from_dict(one_state(**state))
    execution = machine.run({"a": 1, "n": 5, "l": [1, 2]}, {"f": work}, start_time=0)
    return execution.status, execution.output, execution.duration, list(execution.history)


@pytest.mark.parametrize("field", EFFECTS)
def test_a_field_has_an_effect(field):
    """The same state with the field tells another story than without."""
    state, changed = EFFECTS[field]

    assert outcome_of(state) != outcome_of({**state, **changed})


@pytest.mark.parametrize(
    "field",
    [
        {"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}},
        {"ItemBatcher": {"MaxItemsPerBatch": 2}},
        {"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}},
    ],
    ids=lambda field: next(iter(field)),
)
def test_a_field_of_another_mode_is_refused(field):
    """Nobody can believe that an inline Map reads from a bucket."""
    with pytest.raises((DefinitionError, NotSupported)):
        StateMachine.from_dict(one_state(Type="Map", ItemProcessor=PASSES, **field)).run([1])


# --- sizes -----------------------------------------------------------------------------------------------------------


def lengths():
    """Return (lines, place) of each function in the package, without docstring and decorators."""
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno - body[0].lineno + 1) if body else 0
                yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def test_functions_are_short():
    """None is over sixty lines, nine of ten are under twenty-five, and half have eight at most."""
    measured = sorted(lengths())

    assert [] == [place for lines, place in measured if lines > 60]
    assert statistics.median(lines for lines, _ in measured) <= 8
    assert measured[len(measured) * 9 // 10][0] <= 25


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_files_hold_one_idea(path):
    """A file over 450 lines wants to be two."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_nothing_in_the_repository_names_a_machine():
    """Paths of whoever wrote it, and things that only they have, are of no use to anybody else."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = [ROOT / name for name in listed.stdout.splitlines()] or SOURCES
    foreign = re.compile(r"/(?:home|Users|root|work)/(?:\w|\.)|[A-Z]:\\\\Users")

    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file()}

    assert {} == {str(path): found.group() for path, text in texts.items() if (found := foreign.search(text))}


def test_no_two_test_files_have_one_name():
    """pytest imports them by their names alone."""
    files = [path.name for path in (ROOT / "tests").rglob("*.py")]

    assert sorted(files) == sorted(set(files))
