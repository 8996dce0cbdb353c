"""The same Map Run over a folder and over the S3 API of a server: the same items, results and files."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging

import boto3
import pytest
from conftest import scripted
from map_stories import distributed, reader

from asl_engine import StateMachine
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family import Watcher
from asl_engine.mapruns.s3_calls import S3Endpoint
from asl_engine.mapruns.s3_objects import Folders
from asl_engine.tasks.perform import Performer
from asl_engine.tasks.registry import Functions

moto = pytest.importorskip("moto.server", reason="the tests of S3 talk to moto")

ROWS = "id,n\n" + "".join(f"r{n},{n}\n" for n in range(1_200))
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out/"}}


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server):
    client = boto3.client(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket="data")
    return client


def ended(definition, objects):
    """Run a machine with these objects, and return its kernel."""

    def work(item, context):
        if item["n"] == "7":
            raise ValueError(item["id"])
        return item["id"]

    kernel = Kernel(StateMachine.from_dict(definition).program)
    driver = VirtualDriver(kernel, Performer(Functions.of({"Work": work})), objects=objects)
    driver.run(ExecutionStarted(0.0, {}, Identity("e")))
    return kernel


def test_a_folder_and_a_server_give_the_same(server, s3, bucket):
    source = reader("rows.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW")
    definition = distributed(ItemReader=source, ResultWriter=WRITER, ToleratedFailureCount=1, Label="L")
    (bucket / "rows.csv").write_text(ROWS)
    s3.put_object(Bucket="data", Key="rows.csv", Body=ROWS.encode())
    by_folder, by_server = ended(definition, Folders({"data": bucket})), ended(definition, S3Endpoint(server))

    assert by_folder.status == "SUCCEEDED"
    assert by_folder.output == by_server.output
    manifest = by_folder.output["ResultWriterDetails"]["Key"]
    assert manifest.startswith("out/")
    keys = [manifest]
    for files in json.loads((bucket / manifest).read_text())["ResultFiles"].values():
        keys += [file["Key"] for file in files]
    assert len(keys) == 3
    for key in keys:
        assert s3.get_object(Bucket="data", Key=key)["Body"].read() == (bucket / key).read_bytes()


def test_listings_come_in_pages(server, s3, bucket):
    for n in range(3):
        (bucket / f"o{n}").write_text("[]")
        s3.put_object(Bucket="data", Key=f"o{n}", Body=b"[]")
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "o"}}
    key = {"Type": "Pass", "InputPath": "$.Key", "End": True}
    definition = distributed(ItemReader=listing, processor={"StartAt": "K", "States": {"K": key}})

    for objects in (Folders({"data": bucket}), S3Endpoint(server)):
        assert [key for key in ended(definition, objects).output if not key.startswith("out")] == ["o0", "o1", "o2"]


@pytest.mark.parametrize(
    ("definition", "error", "told"),
    [
        (distributed(ItemReader=reader("gone", InputType="JSON")), "States.ItemReaderFailed", "Error Code: NoSuchKey"),
        (
            distributed(ItemReader={**reader("k", InputType="JSON"), "Parameters": {"Bucket": "nowhere", "Key": "k"}}),
            "States.ItemReaderFailed",
            "Error Code: NoSuchBucket",
        ),
        (
            distributed(
                processor={"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
                Items=[1],
                ResultWriter={**WRITER, "Arguments": {"Bucket": "nowhere"}, "Parameters": None},
            ),
            "States.ResultWriterFailed",
            "Error Code: NoSuchBucket",
        ),
    ],
    ids=["key", "bucket", "writer"],
)
def test_what_s3_refuses_is_told(server, s3, definition, error, told):
    state = definition["States"]["Each"]
    if "Items" in state:
        definition["QueryLanguage"] = "JSONata"
        del state["ResultWriter"]["Parameters"]
    kernel = ended(definition, S3Endpoint(server))

    assert kernel.error == error
    assert told in kernel.cause


def test_a_server_that_is_away_fails_the_reader():
    kernel = ended(distributed(ItemReader=reader("k", InputType="JSON")), S3Endpoint("http://127.0.0.1:9"))

    assert kernel.error == "States.ItemReaderFailed"
    assert "Unable to execute HTTP request" in kernel.cause


def test_a_folder_that_cannot_be_written_fails_the_writer(bucket):
    """A file stands where a folder is needed."""
    (bucket / "out").write_text("in the way")
    source = reader("items", InputType="JSON")
    (bucket / "items").write_text('[{"id": 1, "n": 1}]')
    kernel = ended(distributed(ItemReader=source, ResultWriter=WRITER), Folders({"data": bucket}))

    assert kernel.error == "States.ResultWriterFailed"
    assert "Access Denied" in kernel.cause


def test_reading_does_not_hold_up_what_runs_beside_it(server, s3):
    """In real time it is done in a thread."""
    s3.put_object(Bucket="data", Key="items", Body=b"[1, 2, 3]")
    machine = StateMachine.from_dict(distributed(ItemReader=reader("items", InputType="JSON")))

    async def main():
        from asl_engine.drivers.realtime import RealTimeDriver

        kernel = Kernel(machine.program)
        driver = RealTimeDriver(
            kernel, Performer(Functions.of({"Work": lambda item, _: item})), objects=S3Endpoint(server)
        )
        await driver.run(ExecutionStarted(driver.clock(), {}, Identity("e")))
        return kernel.output

    assert asyncio.run(main()) == [1, 2, 3]


def test_a_source_that_breaks_off_half_way_leaves_what_was_done(bucket):
    """The children that ran are in the files, and in the counts."""
    text = gzip.compress("".join(f"{n}\n" for n in range(3_000)).encode(), mtime=0)
    (bucket / "items").write_bytes(text[:-400])
    machine = StateMachine.from_dict(distributed(ItemReader=reader(InputType="JSONL"), ResultWriter=WRITER))
    execution = machine.run({}, {"Work": lambda item, _: item}, buckets={"data": bucket})

    assert execution.error == "States.ItemReaderFailed"
    assert "damaged" in execution.cause
    done = execution.map_runs[0].items["succeeded"]
    assert done >= 1_000
    [written] = (bucket / "out").glob("*/SUCCEEDED_0.json")
    assert len(json.loads(written.read_text())) == done


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"OutputType": "JSON", "Transformation": "COMPACT"}, "[[1],[2]]"),
        ({"OutputType": "JSONL", "Transformation": "COMPACT"}, "[1]\n[2]\n"),
        ({"OutputType": "JSONL", "Transformation": "FLATTEN"}, "1\n2\n"),
    ],
)
def test_forms_of_result_files(bucket, config, text):
    """Outputs alone, or their elements; an array or lines."""
    writer = {**WRITER, "WriterConfig": config}
    execution = StateMachine.from_dict(distributed(ResultWriter=writer)).run(
        [1, 2], {"Work": lambda item, _: [item]}, buckets={"data": bucket}
    )

    assert execution.succeeded
    [written] = (bucket / "out").glob("*/SUCCEEDED_0.*")
    assert written.read_text() == text
    assert written.suffix == "." + config["OutputType"].lower()


class Redrivable(Watcher):
    """Keeps what is needed to go on with Map Runs."""

    max_unsuccessful = float("inf")


def test_a_redrive_writes_into_a_folder_of_its_own(bucket):
    """Its manifest names the files of what succeeded before, too (recorded)."""
    definition = distributed(ResultWriter=WRITER, ToleratedFailureCount=1)
    work = scripted("a", ValueError(), ValueError(), "b", "c")
    kernel = Kernel(StateMachine.from_dict(definition).program)
    performer, objects = Performer(Functions.of({"Work": work})), Folders({"data": bucket})
    driver = VirtualDriver(kernel, performer, objects=objects, watcher=Redrivable())
    driver.run(ExecutionStarted(0.0, [1, 2, 3], Identity("e")))
    assert kernel.status == "FAILED"
    driver.run(ExecutionRedriven(1.0))

    key = kernel.output["ResultWriterDetails"]["Key"]
    files = json.loads((bucket / key).read_text())["ResultFiles"]
    first, second = [file["Key"] for file in files.pop("SUCCEEDED")]
    folder = first.removesuffix("/SUCCEEDED_0.json")
    assert (key, second) == (f"{folder}/Redrive-1/manifest.json", f"{folder}/Redrive-1/SUCCEEDED_0.json")
    assert files == {"FAILED": [], "PENDING": []}
    told = [[(child["Output"], child["RedriveCount"]) for child in read(bucket, name)] for name in (first, second)]
    assert told == [[('"a"', 0)], [('"b"', 1), ('"c"', 1)]]
    assert [child["Status"] for child in read(bucket, f"{folder}/FAILED_0.json")] == ["FAILED", "FAILED"]


def read(bucket, key):
    return json.loads((bucket / key).read_text())


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"Transformation": "FLATTEN"}, [1, 2]),
        ({"Transformation": "COMPACT"}, [[1], [2]]),
        ({"OutputType": "JSONL"}, "[1]\n[2]"),
    ],
)
def test_forms_of_the_result(config, output):
    """Without a bucket the state has it."""
    machine = StateMachine.from_dict(distributed(ResultWriter={"WriterConfig": config}))

    assert machine.run([1, 2], {"Work": lambda item, _: [item]}).output == output


def test_all_about_each_child():
    """As it would stand in a file; what failed is told in any form."""

    def work(item, context):
        if item == 2:
            raise ValueError("no")
        return item

    definition = distributed(ResultWriter={"WriterConfig": {"Transformation": "NONE"}}, ToleratedFailureCount=1)
    one, other = StateMachine.from_dict(definition).run([1, 2], {"Work": work}).output

    assert (one["Status"], one["Input"], one["Output"]) == ("SUCCEEDED", "1", "1")
    assert one["RedriveStatus"] == "NOT_REDRIVABLE"
    assert (other["Status"], other["Error"], "Output" in other) == ("FAILED", "ValueError", False)
