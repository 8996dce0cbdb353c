"""What others put into folders that stand for buckets, and into objects, does no harm."""

import io
import json
import os

import pytest

from asl_engine import StateMachine
from asl_engine.mapruns.s3_objects import PART, Folders, ObjectProblem
from asl_engine.values import json_bytes, parse_json


def distributed(reader=None, **fields):
    """A distributed Map over what its reader reads."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
                 "States": {"P": {"Type": "Pass", "End": True}}}  # fmt: skip
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    if reader is not None:
        place = {"Bucket": "b", "Key": "items"}
        state["ItemReader"] = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": reader, "Parameters": place}
    return StateMachine.from_dict({"StartAt": "M", "States": {"M": state}})


def test_what_is_being_written_is_no_object_and_follows_no_link(tmp_path):
    """Part files, links and pipes are not listed; none is opened, and a put goes past those with a known name."""
    secret = tmp_path / "secret"
    secret.write_text("before")
    root = tmp_path / "bucket"
    root.mkdir()
    (root / ".result.json.part").symlink_to(secret)
    os.mkfifo(root / "pipe")
    (root / f"{PART}0123").write_text("half")
    folders = Folders({"b": root})
    folders.put(None, "b", "result.json", io.BytesIO(b"{}"))
    assert [summary.key for summary in folders.list(None, "b", "")] == ["result.json"]
    assert secret.read_text() == "before"
    for key in ("pipe", f"{PART}0123"):
        with pytest.raises(ObjectProblem):
            folders.open(None, "b", key)


def test_a_put_that_fails_leaves_nothing_behind(tmp_path):
    """An object is written whole or not at all, and so is the file beside it."""

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(ObjectProblem):
        Folders({"b": tmp_path}).put(None, "b", "x/y", Broken())
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ({"InputType": "JSON"}, "[1, 1e400]"),
        ({"InputType": "JSON"}, "[-1.0e999]"),
        ({"InputType": "JSONL"}, "1\n1e400\n"),
        ({"InputType": "JSON", "ItemsPointer": "/a"}, '{"a": [1e400]}'),
        ({"InputType": "JSON"}, '[{"deep": [1e309]}]'),
    ],
)
def test_a_number_that_would_be_infinite_is_no_item(tmp_path, reader, text):
    """No reader hands on what is no JSON value: the Map Run fails as for any text that is no JSON."""
    (tmp_path / "items").write_text(text)
    execution = distributed(reader).run({}, buckets={"b": tmp_path})
    assert (execution.status, execution.error) == ("FAILED", "States.ItemReaderFailed")
    assert "a number this large is not a JSON value" in execution.cause


def test_half_a_character_is_written_as_an_escape(tmp_path):
    """Result files are UTF-8 whatever the items hold, and say the same when they are read again."""
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    execution = distributed(ResultWriter=writer).run(["\ud800", {"\udfff": "é"}], buckets={"b": tmp_path})
    assert execution.succeeded
    [file] = tmp_path.rglob("SUCCEEDED_0.json")
    outputs = [parse_json(child["Output"]) for child in json.loads(file.read_bytes().decode("utf-8"))]
    assert outputs == ["\ud800", {"\udfff": "é"}]
    assert json_bytes("\ud800é") == b'"\\ud800\xc3\xa9"'
