"""The workflows in `statemachines/`: each is complete, runs as its README says, and fails as it should."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from asl_engine import Execution, Functions, StateMachine
from asl_engine.values import JSON

ROOT = Path(__file__).parent.parent
HOME = ROOT / "statemachines"
NAMES = sorted(folder.name for folder in HOME.iterdir() if folder.is_dir() and not folder.name.startswith((".", "_")))
START = 1_773_478_800.0
HOUR, DAY = 3_600, 86_400


def definition_of(name: str) -> Path:
    [path] = [*HOME.joinpath(name).glob(f"{name}.asl.json"), *HOME.joinpath(name).glob(f"{name}.asl.yaml")]
    return path


def functions_of(name: str) -> ModuleType:
    """Import the functions of a workflow anew, so that each test has a world of its own."""
    spec = importlib.util.spec_from_file_location(f"functions_of_{name}", HOME / name / "functions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def input_of(name: str) -> Any:
    return json.loads((HOME / name / "input.json").read_text(encoding="utf-8"))


def command_of(name: str) -> list[str]:
    """Return the words of the one command in a README."""
    [command] = re.findall(r"```sh\n(.*?)\n```", (HOME / name / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return shlex.split(command)


def play(name: str, /, **changes: JSON) -> tuple[Execution, Any]:
    """Run a workflow with its input, some fields changed; return the execution and the world that it ran in."""
    world = functions_of(name)
    machine = StateMachine.load(definition_of(name))
    return machine.run({**input_of(name), **changes}, functions=world.functions, start_time=START), world


# --- all of them -----------------------------------------------------------------------------------------------------


def test_the_index_lists_the_workflows():
    """The list in statemachines/README.md has an item for each folder, and no other."""
    index = (HOME / "README.md").read_text(encoding="utf-8")

    assert NAMES == sorted(re.findall(r"^- \[(.+?)\]\(\1/\): ", index, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_is_complete_and_without_findings(name):
    """There is one definition that says what it does, and no rule has anything to say about it."""
    machine = StateMachine.load(definition_of(name))

    assert [] == machine.report.diagnostics
    assert machine.model.comment
    assert machine.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_called_for_and_every_call_has_a_function(name):
    """The functions that a definition names are those that its module registers."""
    functions = functions_of(name).functions
    called = set(re.findall(r":function:(\w+)", definition_of(name).read_text(encoding="utf-8")))

    assert isinstance(functions, Functions)
    assert set(functions) == called


@pytest.mark.parametrize("name", NAMES)
def test_running_again_after_a_reset_gives_the_same(name):
    """The worlds of the functions are deterministic, and `reset` puts them back to the start."""
    world, machine = functions_of(name), StateMachine.load(definition_of(name))
    reset = getattr(world, "reset", lambda: None)

    first = machine.run(input_of(name), functions=world.functions, start_time=START)
    reset()
    again = machine.run(input_of(name), functions=world.functions, start_time=START)

    assert "SUCCEEDED" == first.status, first.cause
    assert first.output == again.output
    assert list(first.history) == list(again.history)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_renders_with_and_without_its_execution(name):
    """The picture is well-formed SVG that shows each state, and the execution on top changes it."""
    execution, _ = play(name)
    machine = StateMachine.load(definition_of(name))

    plain, played = machine.render(), machine.render(execution=execution)

    words = " ".join(ElementTree.fromstring(plain).itertext())
    assert all(word in words for state in machine.model.states for word in state.split())
    assert ElementTree.fromstring(played).tag.endswith("svg")
    assert plain != played


@pytest.mark.parametrize("name", NAMES)
def test_the_command_in_a_readme_names_what_is_there(name):
    """There is one command, of the same form everywhere, and its files exist."""
    folder = f"statemachines/{name}"
    files = [f"{folder}/{definition_of(name).name}", f"{folder}/input.json", f"{folder}/functions.py"]

    command = command_of(name)

    definition, given, functions = files
    options = ["--input-file", given, "--functions", functions, "--svg", f"{name}.svg"]
    assert ["asl", "run", definition, *options] == command
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.skipif(importlib.util.find_spec("asl_engine.cli") is None, reason="there is no command line yet")
@pytest.mark.parametrize("name", NAMES)
def test_the_command_in_a_readme_works(name, tmp_path):
    """The command line prints the output that the library gives, and writes the picture."""
    picture = tmp_path / "picture.svg"
    start = [sys.executable, "-c", "import sys; from asl_engine.cli import main; sys.exit(main())"]
    words = [*command_of(name)[1:-1], str(picture)]

    done = subprocess.run([*start, *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)

    assert 0 == done.returncode, done.stderr
    assert json.loads(done.stdout) == play(name)[0].output
    assert ElementTree.fromstring(picture.read_text(encoding="utf-8")).tag.endswith("svg")


# --- hello-world -----------------------------------------------------------------------------------------------------


def test_hello_world_greets_by_name():
    execution, _ = play("hello-world")

    assert {"greeting": "Hello, Ada!"} == execution.output
    assert ["Is somebody named?", "Say hello"] == execution.path


@pytest.mark.parametrize("nobody", ["", None, 7])
def test_hello_world_greets_the_world_when_nobody_is_named(nobody):
    execution, _ = play("hello-world", name=nobody)

    assert {"greeting": "Hello, world!"} == execution.output
    assert ["Is somebody named?", "Greet the world", "Say hello"] == execution.path


# --- chained-tasks ---------------------------------------------------------------------------------------------------


def test_chained_tasks_pass_the_weight_on():
    """The first function's result is the second one's input, and the order stays beside both."""
    execution, _ = play("chained-tasks")

    assert ["Weigh parcel", "Quote postage"] == execution.path
    assert {"grams": 2290, "pieces": 3} == execution.output["weight"]
    assert {"service": "international", "cents": 1850} == execution.output["postage"]
    assert "DE" == execution.output["country"]


def test_chained_tasks_fail_for_a_parcel_that_is_too_heavy():
    execution, _ = play("chained-tasks", items=[{"name": "anvil", "grams": 40_000, "quantity": 1}])

    assert ("FAILED", "TooHeavyError") == (execution.status, execution.error)


# --- soda-machine ----------------------------------------------------------------------------------------------------


def test_soda_machine_lives_through_a_day():
    """A cola with change, a lemonade that is sold out, a stuck can, forgotten coins: the books agree at the end."""
    execution, world = play("soda-machine")

    assert ["Cola", "Orangeade"] == execution.output["sold"]
    assert (2, 340, 20) == tuple(execution.output[key] for key in ("drinks", "takings", "returned"))
    assert [
        "Lemonade is sold out",
        "No coins of 5 cents, please",
        "Orangeade costs 160 cents, and you have put in 100",
    ] == execution.output["shown"]
    assert ["Did somebody forget coins?", "Give coins back", "Wait for customer"] == execution.path[-5:-2]
    assert ["What happened?", "Switch off"] == execution.path[-2:]
    assert 1 == world.machines["lobby"].shelf[world.COLA]["left"]


def test_soda_machine_refuses_too_few_coins():
    """A water costs 120: with 100 there is no drink, and the coins come back when somebody asks for them."""
    execution, _ = play("soda-machine", machine="platform 2")

    assert "Ask for more coins" in execution.path
    assert "Vend drink" not in execution.path
    assert ["Water costs 120 cents, and you have put in 100"] == execution.output["shown"]
    assert (0, 0, 100) == tuple(execution.output[key] for key in ("drinks", "takings", "returned"))
    assert 40.0 == execution.duration


# --- order-processing ------------------------------------------------------------------------------------------------


def test_order_is_booked_and_a_high_balance_alerts():
    """The locked record costs two retries (2 s and 4 s); both records agree; the accounts team hears of the balance."""
    execution, world = play("order-processing")

    assert "BOOKED" == execution.output["status"]
    assert {"net": 81_600, "tax": 16_320, "gross": 97_920} == execution.output["total"]
    assert 407_920 == execution.output["balance"] == world.books.customers["c-42"]["balance"]
    assert [("t-2026-0311", 97_920)] == [(entry["transactionId"], entry["cents"]) for entry in world.books.transactions]
    assert ["Hotel Aurora owes 407920 cents"] == world.books.alerts
    assert 6.0 == execution.duration


def test_order_of_a_customer_who_owes_little_alerts_nobody():
    one_towel = [{"name": "bath towel", "cents": 1_450, "quantity": 1}]

    execution, world = play("order-processing", customerId="c-17", items=one_towel)

    assert ["Is the balance high?", "Confirm order"] == execution.path[-2:]
    assert 12_500 + 1_740 == execution.output["balance"]
    assert [] == world.books.alerts


def test_order_that_cannot_be_booked_whole_is_undone():
    """The transaction is refused after the customer's record was written: the record is put back."""
    execution, world = play("order-processing", customerId="c-17", currency="USD")

    assert ("FAILED", "UnknownCurrencyError") == (execution.status, execution.error)
    assert "Order 2026-0311 could not be booked, and was undone." == execution.cause
    assert ["Undo records", "Order failed"] == execution.path[-2:]
    assert 12_500 == world.books.customers["c-17"]["balance"]
    assert ({}, []) == (world.books.bookings, world.books.transactions)


def test_order_without_items_is_refused():
    execution, _ = play("order-processing", items=[])

    assert ("FAILED", "IncompleteOrder") == (execution.status, execution.error)


# --- cafe-daily-report -----------------------------------------------------------------------------------------------


def test_cafe_report_waits_for_the_till_and_is_published():
    """The till is open twice: ten minutes, then twenty."""
    execution, world = play("cafe-daily-report")

    assert "Revenue 245.00, most of it from espresso; busiest hour 8:00." == execution.output["text"]
    assert ["reports/Largo/2026-03-13.txt"] == list(world.published)
    assert [] == world.mailbox
    assert 1_800.0 == execution.duration


def test_cafe_report_of_a_closed_day_is_no_failure():
    execution, world = play("cafe-daily-report", date="2026-03-16")

    assert ("SUCCEEDED", "Nothing to report") == (execution.status, execution.path[-1])
    assert ({}, []) == (world.published, world.mailbox)


def test_cafe_report_alerts_when_the_till_is_never_closed():
    """Four retries, the later ones held at half an hour; then the manager hears of it."""
    execution, world = play("cafe-daily-report", date="2026-03-20")

    assert ("FAILED", "TillOpenError") == (execution.status, execution.error)
    assert "Failed while extracting the sales." == execution.cause
    assert ["Extract sales", "Alert manager", "No report today"] == execution.path
    assert ["No report for Largo on 2026-03-20"] == [mail["subject"] for mail in world.mailbox]
    assert 600.0 + 1_200 + 1_800 + 1_800 == execution.duration


def test_cafe_report_alerts_when_the_analysis_breaks():
    execution, world = play("cafe-daily-report", cafe="Praia")

    assert ("FAILED", "Failed while analysing the sales.") == (execution.status, execution.cause)
    assert [("TypeError", "analysing the sales")] == [(mail["error"], mail["step"]) for mail in world.mailbox]


# --- video-on-demand -------------------------------------------------------------------------------------------------


def test_video_is_published_in_all_renditions():
    """The 2160p job finds a full queue (1 min) and takes 4 more; the others are done by then."""
    execution, world = play("video-on-demand")

    assert ["2160p", "1080p", "480p"] == execution.output["renditions"]
    assert {"The harbour at dawn": execution.output["playlist"]} == world.studio.catalogue
    assert 3 == len(world.studio.outputs)
    assert 300.0 == execution.duration


def test_video_of_a_phone_gets_one_rendition():
    execution, _ = play("video-on-demand", key="phone.mp4")

    assert ["480p"] == execution.output["renditions"]
    assert "Plan 480p only" in execution.path


def test_video_that_cannot_be_read_is_set_aside():
    execution, world = play("video-on-demand", key="notes.docx")

    assert ("FAILED", "UnreadableFileError") == (execution.status, execution.error)
    assert ["Inspect upload", "Set file aside", "Tell uploader", "Video was not published"] == execution.path
    assert "rejected/notes.docx" in world.studio.uploads
    assert ["UnreadableFileError"] == [mail["error"] for mail in world.studio.mail]


def test_video_with_a_failed_encoding_leaves_nothing_behind():
    """The 480p rendition is done when 1080p fails, and is deleted."""
    execution, world = play("video-on-demand", key="interview.mp4")

    assert ("FAILED", "EncodingFailed") == (execution.status, execution.error)
    assert "1080p: a frame in the source cannot be decoded" == execution.cause
    assert "Keep rendition" in execution.path
    assert ["Encoding failed", "Delete renditions", "Tell uploader", "Video was not published"] == execution.path[-4:]
    assert ({}, {}) == (world.studio.outputs, world.studio.catalogue)


# --- image-thumbnails ------------------------------------------------------------------------------------------------


def test_one_bad_image_does_not_stop_the_batch():
    execution, world = play("image-thumbnails")

    assert [
        "thumbnails/0-lighthouse.jpg",
        "thumbnails/1-boats.jpg",
        "logo.png",
        "thumbnails/4-nets.jpg",
        "thumbnails/5-gulls.jpg",
    ] == execution.output["thumbnails"]
    assert ["shopping-list.pdf is no image"] == [image["problem"] for image in execution.output["bad"]]
    assert [{"album": "A day at the coast", "images": ["shopping-list.pdf"]}] == world.reports
    assert 2 == world.reads["boats.jpg"]


def test_a_batch_of_good_images_is_reported_to_nobody():
    execution, world = play("image-thumbnails", images=["nets.jpg", "gulls.jpg"])

    assert ["Were there bad images?", "Album is ready"] == execution.path[-2:]
    assert ([], []) == (execution.output["bad"], world.reports)


def test_three_images_are_worked_on_at_a_time():
    """Reading the fourth image begins when one of the first three is done."""
    execution, _ = play("image-thumbnails")

    open_now, most = 0, 0
    for event in execution.history:
        open_now += {"MapIterationStarted": 1, "MapIterationSucceeded": -1}.get(event["type"], 0)
        most = max(most, open_now)
    assert 3 == most


# --- untagged-machines -----------------------------------------------------------------------------------------------


def test_machines_without_a_name_are_stopped_and_their_owner_is_told():
    """No tag and an empty one are stopped after ten minutes; a group's member runs on; the vanished one is no error."""
    execution, world = play("untagged-machines")

    assert {"running": ["i-0a11", "i-0d44"], "stopped": ["i-0b22", "i-0c33"], "gone": ["i-0e55"]} == execution.output
    stopped = [key for key, machine in world.cloud.machines.items() if machine["state"] == "stopped"]
    assert ["i-0b22", "i-0c33"] == stopped
    mails = [(mail["owner"], mail["text"].split()[0]) for mail in world.cloud.mail]
    assert [("joana", "i-0b22"), ("joana", "i-0c33")] == mails
    assert 600.0 == execution.duration


def test_an_event_without_machines_stops_none():
    event = input_of("untagged-machines")
    event["detail"]["responseElements"]["instancesSet"]["items"] = []

    execution, _ = play("untagged-machines", detail=event["detail"])

    assert {"running": [], "stopped": [], "gone": []} == execution.output


# --- human-approval --------------------------------------------------------------------------------------------------


def test_approval_after_a_reminder_is_paid():
    """Three days of silence, a reminder, one more day, three hours of payroll: four days and three hours."""
    execution, _ = play("human-approval")

    assert {"requestId": "r-88", "status": "PAID", "approvedBy": "omar", "payment": "pay-r-88"} == execution.output
    assert 1 == execution.path.count("Remind manager")
    assert 4 * DAY + 3 * HOUR == execution.duration


def test_approval_times_out_and_escalates_to_the_director():
    """Two times three days without an answer, then the director takes four."""
    execution, _ = play("human-approval", manager="lena")

    assert ("PAID", "petra") == (execution.output["status"], execution.output["approvedBy"])
    assert ["Ask director", "What was decided?", "Pay out", "Close as paid"] == execution.path[-4:]
    assert (3 + 3 + 4) * DAY + 3 * HOUR == execution.duration


def test_approval_that_nobody_answers_fails_in_the_end():
    execution, _ = play("human-approval", manager="lena", director="nobody")

    assert ("FAILED", "NobodyAnswered") == (execution.status, execution.error)
    assert "Neither lena nor nobody answered request r-88." == execution.cause
    assert (3 + 3 + 5) * DAY == execution.duration


@pytest.mark.parametrize(
    ("manager", "status", "hours"), [("grace", "PAID", 51), ("viktor", "REJECTED", 4), ("yuki", "WITHDRAWN", 6)]
)
def test_approval_ends_as_people_decide(manager, status, hours):
    execution, _ = play("human-approval", manager=manager)

    assert (status, hours * HOUR) == (execution.output["status"], execution.duration)


def test_approval_of_a_small_sum_asks_nobody():
    execution, _ = play("human-approval", cents=1_800)

    assert ["Is it small?", "Approve without asking", "Pay out", "Close as paid"] == execution.path
    assert "policy" == execution.output["approvedBy"]


def test_approval_survives_a_payroll_that_goes_silent():
    """Without a heartbeat for an hour the job is given again, five minutes later."""
    execution, _ = play("human-approval", manager="grace", cents=250_000)

    assert "PAID" == execution.output["status"]
    assert 2 * DAY + 1 * HOUR + 300 + 3 * HOUR == execution.duration
