"""The workflows in statemachines/: tests of the harness reach all of their parts, and replay what they recorded."""

from __future__ import annotations

import pytest
from test_statemachines import NAMES, definition_of, functions_of, input_of

from asl_engine.testing import NO_ANSWER, Answer, Mock, TaskError, Workflow, explore, replay

BUSY = TaskError("Lambda.TooManyRequestsException", "Rate exceeded")


def workflow_of(name):
    """Return a workflow with its real functions, in a world of their own."""
    return Workflow(definition_of(name), functions_of(name).functions)


def missing(work):
    """Return what no execution has reached, in words."""
    return [part.words for part in work.coverage.missing()]


def input_with(name, **changes):
    return {**input_of(name), **changes}


# --- all that there is -----------------------------------------------------------------------------------------------


def test_hello_world_is_covered():
    """Somebody is named, and nobody is."""
    work = workflow_of("hello-world")

    assert work.run({"name": "Ada"}).succeeded
    assert work.run({}).path == ["Is somebody named?", "Greet the world", "Say hello"]
    assert [] == missing(work)


def test_chained_tasks_are_covered():
    """Both functions are too busy once."""
    work = workflow_of("chained-tasks")
    postage = {"service": "domestic", "cents": 450}
    mocks = {"WeighParcel": Mock(BUSY, {"grams": 100}), "QuotePostage": Mock(BUSY, postage)}

    assert work.run(input_of("chained-tasks"), mocks=mocks).retries == {"Weigh parcel": 1, "Quote postage": 1}
    assert [] == missing(work)


def test_order_processing_is_covered():
    """Booked, incomplete, undone after a second try, and an alert that does not get through."""
    work = workflow_of("order-processing")
    given = input_of("order-processing")

    assert work.run(given).path[-2:] == ["Alert accounts team", "Confirm order"]
    assert work.run({}).failed("IncompleteOrder")
    small = input_with("order-processing", orderId="o-2", customerId="c-17")
    account = {"name": "Marta", "balance": 7, "alertAbove": 9}
    busy = {"UpdateCustomer": Mock(BUSY, account), "WriteTransaction": Mock(BUSY, {"transactionId": "t"})}
    assert work.run(small, mocks=busy).succeeded
    undone = work.run(
        input_with("order-processing", orderId="o-3", customerId="c-17", currency="USD"),
        mocks={"UndoOrder": Mock(ConnectionError("reset"), {})},
    )
    assert undone.retries["Undo records"] == 1
    assert work.run(given, mocks={"AlertAccounts": TaskError("MailboxFull")}).caught == ["Alert accounts team"]
    assert [] == missing(work)


def test_cafe_report_is_covered():
    """Published, closed, never closed, and both of the other steps broken."""
    work = workflow_of("cafe-daily-report")
    given = input_of("cafe-daily-report")

    assert work.run(given).succeeded
    assert work.run(input_with("cafe-daily-report", date="2026-03-16")).path[-1] == "Nothing to report"
    assert work.run(input_with("cafe-daily-report", date="2026-03-20")).failed("TillOpenError")
    assert work.run(input_with("cafe-daily-report", cafe="Praia")).caught == ["Analyse sales"]
    slow = Mock(NO_ANSWER, {"sales": []})
    assert work.run(given, mocks={"ExtractSales": slow}).retries == {"Extract sales": 1}
    full = Mock(BUSY, TaskError("BucketFull"))
    assert work.run(given, mocks={"PublishReport": full}).caught == ["Publish report"]
    assert [] == missing(work)


def test_video_on_demand_is_covered():
    """Three sizes of picture, a file that is none, one that is damaged, and a service that is busy."""
    work = workflow_of("video-on-demand")

    for key in ("harbour.mov", "phone.mp4"):
        assert work.run(input_with("video-on-demand", key=key)).succeeded
    assert work.run(input_with("video-on-demand", key="notes.docx")).failed("UnreadableFileError")
    assert work.run(input_with("video-on-demand", key="interview.mp4")).failed("EncodingFailed")
    busy = Mock(BUSY, {"height": 480, "seconds": 5})
    assert work.run(input_with("video-on-demand", key="phone.mp4"), mocks={"InspectVideo": busy}).succeeded
    assert [] == missing(work)


def test_image_thumbnails_are_covered():
    """A batch with a bad image, and one without."""
    work = workflow_of("image-thumbnails")

    assert work.run(input_of("image-thumbnails")).retries == {"Read image": 1}
    assert work.run(input_with("image-thumbnails", images=["nets.jpg"])).path[-1] == "Album is ready"
    assert [] == missing(work)


def test_soda_machine_is_covered():
    """A day in the lobby, one on the platform, a can that stays stuck, and a button that nobody knows."""
    work = workflow_of("soda-machine")

    assert work.run(input_of("soda-machine")).succeeded
    assert work.run({"machine": "platform 2"}).succeeded
    stuck = {"SodaVend": TaskError("CanStuckError")}
    assert "Vend drink" in work.run(input_of("soda-machine"), mocks=stuck).caught
    panel = Mock(Answer({"event": "kick"}, after=1), NO_ANSWER, Answer({"event": "switch off"}, after=1))
    assert work.run({"machine": "platform 2"}, mocks={"SodaFrontPanel": panel}).duration == 1 + 120 + 1
    assert [] == missing(work)


def test_untagged_machines_are_covered():
    """Five machines, and a service that is busy once."""
    work = workflow_of("untagged-machines")
    given = input_of("untagged-machines")

    assert work.run(given).succeeded
    one = [{"instanceId": "i-0a11"}]
    given["detail"]["responseElements"]["instancesSet"]["items"] = one
    busy = Mock(TaskError("ThrottlingError"), {"tags": {"Name": "build server"}})
    assert work.run(given, mocks={"ReadTags": busy}).retries == {"Read tags": 1}
    assert [] == missing(work)


def test_human_approval_is_covered():
    """Everybody who answers, and those who do not."""
    work = workflow_of("human-approval")
    people = [("grace", "petra"), ("omar", "petra"), ("lena", "petra"), ("lena", "nobody"), ("viktor", "petra")]
    people += [("yuki", "petra"), ("lena", "yuki")]

    ends = [
        work.run(input_with("human-approval", manager=manager, director=director)).path[-1]
        for manager, director in people
    ]
    small = work.run(input_with("human-approval", cents=500))
    large = work.run(input_with("human-approval", cents=200_000, manager="grace"))

    assert {"Close as paid", "Close as rejected", "Close as withdrawn", "Nobody answered"} == set(ends)
    assert "Approve without asking" in small.path
    assert {"Pay out": 1} == large.retries
    assert [] == missing(work)


# --- what they recorded ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_example_is_replayed(name):
    """Without its functions, and with the same end after the same time."""
    then = workflow_of(name).run(input_of(name))

    again = replay(definition_of(name), list(then.history))

    assert again.matches, again.divergence
    assert (then.output, then.duration, then.path) == (
        again.execution.output, again.execution.duration, again.execution.path,
    )  # fmt: skip


def test_a_lost_heartbeat_is_replayed():
    """The first attempt at a large payment dies in silence."""
    then = workflow_of("human-approval").run(input_with("human-approval", cents=200_000, manager="grace"))

    assert replay(definition_of("human-approval"), list(then.history)).matches


@pytest.mark.parametrize("name", NAMES)
def test_an_example_can_be_explored(name):
    """A success and most of its parts are found without a word about its functions."""
    found = explore(definition_of(name), max_runs=300)

    assert found.runs <= 300
    assert found.ways
