"""What must stay true of the code itself: layers, sizes, exports, and that fields have effects."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import chain, one_state

import asl_engine
from asl_engine import AslError, StateMachine, errors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "asl_engine"
SOURCES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    {"quotas"},
    {"errors", "files", "hash_order", "remembered", "strange_text", "values"},
    {"diagnostics", "pointers"},
    {"source"},
    {"catalogue", "events", "lang", "model"},
    {"program", "project", "rules"},
    {"history"},
    {"kernel"},
    {"inspection", "tasks"},
    {"lambdas", "mapruns"},
    {"journal"},
    {"store"},
    {"checking", "drivers", "render"},
    {"execution"},
    {"engine"},
    {"language_server", "scale", "server", "testing"},
    {"console"},
    {"cli"},
)
"""From the bottom up: what stands in one set imports neither its neighbours nor what is above. Some are to come."""

FACE = {"__init__", "__main__"}
BELOW_DRIVERS = {name for layer in LAYERS[: LAYERS.index({"checking", "drivers", "render"})] for name in layer}


def part_of(path):
    """Return which part of the package a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in SOURCES}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def place_of(path, node=None):
    return f"{path.relative_to(ROOT)}:{node.lineno}" if node else str(path.relative_to(ROOT))


@cache
def imports_of(path):
    """Return (module, is at run time) for each import of a file; imports for the type checker alone do not run.

    `from package import name` is an import of the module `name`, if that is one, else of the package.
    """
    for_types = {
        id(inner)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add((inner if inner in MODULES else node.module, id(node) not in for_types))
        elif isinstance(node, ast.Import):
            found |= {(alias.name, id(node) not in for_types) for alias in node.names}
    return found


def height_of(part):
    [height] = [number for number, layer in enumerate((*LAYERS, FACE)) if part in layer]
    return height


def rings(needs):
    """Return what is left of a graph when all that leads to no ring is taken away."""
    left = {name: wanted & needs.keys() - {name} for name, wanted in needs.items()}
    while free := {name for name, wanted in left.items() if not wanted or not any(name in w for w in left.values())}:
        left = {name: wanted - free for name, wanted in left.items() if name not in free}
    return {name: sorted(wanted) for name, wanted in left.items()}


# --- layers ----------------------------------------------------------------------------------------------------------


def test_imports_are_absolute():
    """So that every guard sees them, and a search finds them."""
    relative = [
        place_of(path, node)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert [] == relative


def test_imports_lead_strictly_downward():
    """A file imports its own part and parts below; types of anywhere may be named for the type checker."""
    upward = {
        f"{place_of(path)} imports {module}"
        for path in SOURCES
        for module, is_at_run_time in imports_of(path)
        if is_at_run_time and module in MODULES and module != "asl_engine"
        for part in [module.split(".")[1]]
        if part != part_of(path) and height_of(part) >= height_of(part_of(path))
    }

    assert set() == upward


def test_there_are_no_import_cycles():
    """Modules that import one another at run time form no ring; a package may gather what its modules have."""
    needs = {
        name: {
            module
            for module, is_at_run_time in imports_of(path)
            if is_at_run_time and not f"{name}.".startswith(f"{module}.")
        }
        for name, path in MODULES.items()
    }

    assert {} == rings(needs)


def test_within_a_part_types_do_not_go_in_a_ring_either():
    """Two files that name each other's types are one file, or a third is missing below them."""
    parts = {part_of(path) for path in SOURCES}
    needs = {
        part: {
            name: {module for module, _ in imports_of(path) if not f"{name}.".startswith(f"{module}.")}
            for name, path in MODULES.items()
            if part_of(path) == part
        }
        for part in parts
    }

    assert {} == {part: ring for part in sorted(parts) if (ring := rings(needs[part]))}


def test_the_table_of_layers_is_the_one_that_is_guarded():
    """`docs/design.md` has a line for each layer, from the top down."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    told = [(int(number), set(re.findall(r"`(\w+)(?:\.py|/)`", names))) for number, names in rows]

    assert list(reversed(list(enumerate(LAYERS)))) == told


ACTING = {"time", "asyncio", "threading", "socket", "subprocess", "multiprocessing", "concurrent", "signal", "select"}


def acts_of(path):
    """Yield what in a file asks for the time, chance, threads or the network (Random(seed) does not)."""
    yield from sorted({module for module, _ in imports_of(path) if module.split(".")[0] in ACTING})
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            if re.fullmatch(r"(\w+\.)*(now|utcnow|today|uuid1|uuid4|urandom)|random\.(?!Random$)\w+", call):
                yield call
        elif isinstance(node, ast.ImportFrom) and node.module == "random":
            yield from (alias.name for alias in node.names if alias.name != "Random")


def test_below_the_drivers_nothing_acts():
    """No clock, no threads, no network and no chance of its own: those are the drivers'.

    Without what calls AWS, what runs functions and what stores, and without the host of the JSONata package, which
    stands for itself: the engine hands it the time.
    """
    acting = {"integrations", "lambdas", "store"}
    own_time = {"runtime.py", "host.py", "values.py", "datetimes.py", "budget.py"}
    low = [
        path
        for path in SOURCES
        if part_of(path) in BELOW_DRIVERS and not acting & set(path.parts)
        if not ("lang" in path.parts and path.name in own_time)
    ]

    assert {} == {place_of(path): acts for path in low if (acts := list(acts_of(path)))}


RAW_EVENTS = {"server/logs.py"}
"""Where events are handed out as they are, and their data left out on request."""


def test_events_are_read_in_one_place():
    """AWS has another name for the details of each type of event: `history/` knows them, all others read visits."""
    places = {str(path.relative_to(PACKAGE)) for path in SOURCES if "EventDetails" in path.read_text(encoding="utf-8")}

    assert RAW_EVENTS == {place for place in places if not place.startswith("history/")}


def writes_of(path):
    """Yield the calls by which a file opens another one to write it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            modes = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
            opens = name == "open" and any(re.fullmatch(r"[rbt]*[wax+][wbt+]*", str(mode)) for mode in modes)
            is_device = "os.devnull" in ast.unparse(node)
            if (opens and not is_device) or name in ("write_text", "write_bytes", "NamedTemporaryFile", "mkstemp"):
                yield place_of(path, node)


def test_files_are_written_in_one_place():
    """What others have open, or what a full disk cuts off, is never half a file: `files.py` sees to that."""
    writing = {place.rpartition(":")[0] for path in SOURCES for place in writes_of(path)}

    assert {"asl_engine/files.py"} == writing


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
        "yaml",
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
    """Names and depths of the docstring are those of the classes; all are public, and a page tells of each."""
    drawn = re.findall(r"^    (?:[├└]── )?([A-Z]\w+)  ", errors.__doc__, re.MULTILINE)
    classes = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]

    assert [thing.__name__ for thing in classes] == drawn
    assert all(thing is AslError or thing.__base__ is AslError for thing in classes)
    assert set(drawn) <= set(asl_engine.__all__)
    page = (ROOT / "docs" / "language" / "errors.md").read_text("utf-8")
    assert [name for name in drawn if f"`{name}`" not in page] == []


# --- fields have effects ---------------------------------------------------------------------------------------------

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
    execution = StateMachine.from_dict(one_state(Type="Map", ItemProcessor=PASSES, **field)).run([1])

    assert "States.Runtime" == execution.error


# --- sizes -----------------------------------------------------------------------------------------------------------


def lines_of(node):
    """Return the lines of a function or class without its docstring and decorators."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno - body[0].lineno + 1) if body else 0


def measured(*kinds):
    """Return (lines, place) of each definition of these kinds in the package."""
    return sorted(
        (lines_of(node), f"{place_of(path, node)} {node.name}")
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, kinds)
    )


def test_functions_are_short():
    """None is over fifty lines, nine of ten are under twenty, and half have eight at most."""
    functions = measured(ast.FunctionDef, ast.AsyncFunctionDef)

    assert [] == [place for lines, place in functions if lines > 50]
    assert statistics.median(lines for lines, _ in functions) <= 8
    assert functions[len(functions) * 9 // 10][0] <= 20


def test_classes_do_one_thing():
    """None is over 250 lines: what has more states, or more reasons to change, is two."""
    assert [] == [place for lines, place in measured(ast.ClassDef) if lines > 250]


def test_files_hold_one_idea():
    """A file over 400 lines wants to be two."""
    lines = {place_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}

    assert {} == {place: count for place, count in lines.items() if count > 400}


# --- words -----------------------------------------------------------------------------------------------------------

WORDS = {"told", "given", "found", "around", "outside", "one", "far", "keeping", "otherwise", "elsewhere"}
"""Names that say a part of speech in place of the thing."""


def bindings_of(path):
    """Yield (name, node) for each function, class, variable, parameter and attribute that a file makes."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, ast.arg):
            yield node.arg, node
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node
        elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
            yield node.name, node


def test_names_are_names_of_things():
    """A match, a message, an answer, a place: not what was found, told, given or is elsewhere."""
    names = [f"{place_of(path, node)} {name}" for path in SOURCES for name, node in bindings_of(path) if name in WORDS]
    modules = [place_of(path) for path in SOURCES if WORDS & set(path.relative_to(PACKAGE).with_suffix("").parts)]

    assert [] == names + modules


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
