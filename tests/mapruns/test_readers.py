"""Where items come from, and what is wrong with it."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_stories import distributed, reader, run

from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.mapruns.readers.delimited import hash_order
from asl_engine.mapruns.readers.documents import json_items
from asl_engine.program.distributed import Reading


def read(bucket, content, key="items", **config):
    """Run a Map over an object with this content."""
    (bucket / key).write_bytes(content if isinstance(content, bytes) else content.encode())
    return run(distributed(ItemReader=reader(key, **config)), buckets={"data": bucket})


FIRST = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}


def test_rows_are_filled_up_and_cut(bucket):
    """Values are texts (recorded)."""
    assert read(bucket, "a,b\n1,2,3\n4\n   \n", **FIRST).output == [
        {"a": "1", "b": "2"},
        {"a": "4", "b": ""},
        {"a": "   ", "b": ""},
    ]


@pytest.mark.parametrize(
    ("name", "mark"), [("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t")]
)
def test_every_delimiter(bucket, name, mark):
    """Quotes keep a delimiter, a quote and a line end."""
    text = f'1{mark}"x{mark}""y""\nz"\n'
    given = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n", "t"], "CSVDelimiter": name}

    assert read(bucket, text, **given).output == [{"n": "1", "t": f'x{mark}"y"\nz'}]


def test_columns_stand_in_the_order_of_a_hash_map():
    """As AWS prints them (recorded)."""
    assert hash_order(["0", "True", "{}"]) == [0, 2, 1]
    assert hash_order(["H1", ""]) == [1, 0]
    assert hash_order(["Col1", "Col2", "Col3"]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        ("a,a", "CSV headers cannot contain duplicates."),
        (",".join(f"column{n}" for n in range(2_000)), "CSV headers cannot be longer than 10240 bytes."),
    ],
)
def test_headers_that_are_refused(bucket, header, cause):
    """The first in AWS's words (recorded)."""
    execution = read(bucket, f"{header}\n1\n", **FIRST)

    assert (execution.error, execution.cause) == ("States.ItemReaderFailed", cause)


@pytest.mark.parametrize(
    ("content", "config", "told"),
    [
        (b"\xff\xfe\x00", FIRST, "The object is not UTF-8"),
        (b"a\n\xe9\n", FIRST, "The object is not UTF-8"),
        ('[1, {"a": ', {"InputType": "JSON"}, "not valid JSON"),
        ("[1, 2", {"InputType": "JSON"}, "it ends inside an array"),
        ("[1 2]", {"InputType": "JSON"}, "goes on without a comma"),
        ("[1] 2", {"InputType": "JSON"}, "something follows the array"),
        ("[NaN]", {"InputType": "JSON"}, "NaN is not JSON"),
        ("[" * 5_000, {"InputType": "JSON"}, "not valid JSON"),
        ("", {"InputType": "JSON"}, "not valid JSON"),
        ('"Hello"', {"InputType": "JSON"}, "Attempting to map over non-iterable node."),
        ('{"a": 1', {"InputType": "JSON"}, "not valid JSON"),
        ("3", {"InputType": "JSON", "ItemsPointer": ""}, "Attempting to map over non-iterable node."),
        ('{"a": 3}', {"InputType": "JSON", "ItemsPointer": "/a"}, "Attempting to map over non-iterable node."),
        ('{"a": 3}', {"InputType": "JSON", "ItemsPointer": "/b"}, "leads to nothing"),
        ('1\n{"a"\n', {"InputType": "JSONL"}, "line 2"),
        ("not parquet at all", {"InputType": "PARQUET"}, "The object is not a Parquet file"),
        (gzip.compress(b"1\n2\n", mtime=0)[:-9], {"InputType": "JSONL"}, "The compressed object is damaged"),
        (b"\x28\xb5\x2f\xfd....", {"InputType": "JSONL"}, "zstd"),
        ("x", {}, "needs an InputType"),
        ("a\n1", {"InputType": "CSV"}, "needs a CSVHeaderLocation"),
        (json.dumps(["x" * 300_000]), {"InputType": "JSON"}, "The item at index 0 is larger than 262144 bytes."),
        ("x" * 3_000_000, {"InputType": "JSONL"}, "has a line of more than"),
        ('"' + "x" * 400_000, FIRST, "The CSV file cannot be read"),
        ("http://elsewhere/key", {"ManifestType": "ATHENA_DATA", "InputType": "CSV"}, "which is not s3://bucket/key"),
        ("[]", {"ManifestType": "S3_INVENTORY"}, "is an object with 'files'"),
        ('{"files": [{"size": 1000000000}]}', {"ManifestType": "S3_INVENTORY"}, "names a file without a key"),
        ('{"files": [], "fileFormat": "ORC"}', {"ManifestType": "S3_INVENTORY"}, "only CSV can be read"),
        ('{"files": [{"key": "gone", "size": 1}]}', {"ManifestType": "S3_INVENTORY"}, "NoSuchKey"),
    ],
)
def test_what_is_wrong_with_a_source(bucket, content, config, told):
    """It fails the state, and the cause says what and where."""
    execution = read(bucket, content, **config)

    assert execution.error == "States.ItemReaderFailed"
    assert told in execution.cause


@pytest.mark.parametrize("key", ["gone", "../outside", "/etc/hostname", "", "a\0b", "x" * 5_000])
def test_keys_that_lead_nowhere_or_out(bucket, key):
    """No key leaves the folder."""
    (bucket.parent / "outside").write_text("[1]")
    execution = run(distributed(ItemReader=reader(key, InputType="JSON")), buckets={"data": bucket})

    assert execution.error == "States.ItemReaderFailed"
    assert "Service: Amazon S3" in execution.cause


def test_no_link_leads_out(bucket):
    """Neither of a file nor of a folder."""
    (bucket.parent / "secret.json").write_text("[1]")
    (bucket / "link.json").symlink_to(bucket.parent / "secret.json")
    (bucket / "up").symlink_to(bucket.parent)

    for key in ("link.json", "up/secret.json"):
        assert run(distributed(ItemReader=reader(key, InputType="JSON")), buckets={"data": bucket}).status == "FAILED"
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data"}}
    assert run(distributed(ItemReader=listing), buckets={"data": bucket}).output == []


def test_compressed_lines(bucket):
    """gzip is recognised by its first bytes."""
    assert read(bucket, gzip.compress(b"1\n\n2\n"), InputType="JSONL").output == [1, 2]


def test_parquet_rows(bucket):
    """Moments and bytes become texts."""
    import io
    from datetime import UTC, datetime
    from decimal import Decimal

    import pyarrow
    from pyarrow import parquet

    file = io.BytesIO()
    rows = [
        {"id": n, "when": datetime(2026, 1, n + 1, tzinfo=UTC), "x": float("nan"), "d": Decimal("1.50"), "b": b"hi"}
        for n in range(3)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    output = read(bucket, file.getvalue(), InputType="PARQUET", MaxItems=2).output

    told = {"id": 0, "when": "2026-01-01T00:00:00+00:00", "x": None, "d": 1.5, "b": "aGk="}
    assert output[0] == told
    assert len(output) == 2


def test_listings_and_what_is_in_the_objects(bucket):
    """The objects are the items, or their contents are."""
    (bucket / "in").mkdir()
    for name in ("b", "a"):
        (bucket / "in" / name).write_text(f'["{name}1", "{name}2"]')
    (bucket / "out").write_text("[]")
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "in/"}}
    objects = run(distributed(ItemReader=listing), buckets={"data": bucket}).output

    assert [(one["Key"], one["Size"], one["StorageClass"]) for one in objects] == [
        ("in/a", 12, "STANDARD"),
        ("in/b", 12, "STANDARD"),
    ]
    flat = {**listing, "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}}
    sources = {"v.$": "$$.Map.Item.Value", "s.$": "$$.Map.Item.Source"}
    output = run(distributed(ItemReader=flat, ItemSelector=sources), buckets={"data": bucket}).output
    assert [item["v"] for item in output] == ["a1", "a2", "b1", "b2"]
    assert output[0]["s"] == "s3://data/in/a"


def test_an_athena_manifest(bucket):
    """Each line is the place of a data file."""
    (bucket / "one").write_bytes(gzip.compress(b'{"n": 1}\n{"n": 2}\n'))
    (bucket / "two").write_text('{"n": 3}\n')

    output = read(bucket, "s3://data/one\ns3://data/two\n", ManifestType="ATHENA_DATA", InputType="JSONL").output
    assert output == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_an_inventory(bucket):
    """Rows get the names of the file schema."""
    (bucket / "data.csv.gz").write_bytes(gzip.compress(b'"src","a.txt","5"\n"src","b.txt","6"\n'))
    manifest = {
        "sourceBucket": "src",
        "destinationBucket": "arn:aws:s3:::data",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "data.csv.gz", "size": 10**9, "MD5checksum": "no"}],
    }
    output = read(bucket, json.dumps(manifest), InputType="MANIFEST").output

    assert [(row["Key"], row["Size"]) for row in output] == [("a.txt", "5"), ("b.txt", "6")]


@pytest.mark.parametrize(("most", "items"), [(0, [1, 2, 3]), (1, [1]), (5, [1, 2, 3])])
def test_the_first_items_only(bucket, most, items):
    """MaxItems may be more than there are, and 0 is no limit (recorded, September 2026)."""
    assert read(bucket, "[1, 2, 3]", InputType="JSON", MaxItems=most).output == items


def test_a_number_of_items_from_the_input(bucket):
    """Below zero the reader fails; what is no number fails the state before the run (both recorded)."""
    (bucket / "items").write_text("[1, 2]")
    definition = distributed(ItemReader=reader(InputType="JSON", MaxItemsPath="$.n"))

    assert run(definition, {"n": 1}, buckets={"data": bucket}).output == [1]
    below = run(definition, {"n": -1}, buckets={"data": bucket})
    assert (below.error, below.cause) == ("States.ItemReaderFailed", "field MaxItems must be positive")
    half = run(definition, {"n": 1.5}, buckets={"data": bucket})
    assert 'The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.n' in half.cause
    assert "MapRunStarted" not in [event["type"] for event in half.history]


class Dribble:
    """A stream that gives a few bytes at a time."""

    def __init__(self, content, size):
        self.content, self.size = content, size

    def read(self, most):
        piece, self.content = self.content[: min(self.size, most)], self.content[min(self.size, most) :]
        return piece


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.sampled_from([None, 1]))
def test_an_array_read_in_pieces_is_the_array(values, size, indent):
    """Whatever the pieces."""
    text = json.dumps(values, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        return

    assert [item for item, _ in json_items(Dribble(text, size), Reading(False, {}))] == values


@given(st.text(alphabet='[]{},:"0123456789truefalsn \n\\', max_size=30), st.integers(1, 7))
def test_any_text_is_an_array_or_a_problem(text, size):
    """Nothing else comes of it, and it is an array where JSON says so."""
    try:
        wanted = json.loads(text)
    except ValueError:
        wanted = None
    try:
        found = [item for item, _ in json_items(Dribble(text.encode(), size), Reading(False, {}))]
    except MapRunProblem:
        assert not isinstance(wanted, list)
    else:
        assert found == wanted


def test_the_members_of_an_object(bucket):
    """They are items with their keys, as an object in the input is (measured on AWS, 2026)."""
    shape = {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value"}
    (bucket / "items").write_text(' {"tea": 3, "nuts": [1]}\n')
    plain = distributed(ItemReader=reader(InputType="JSON"))
    shaped = distributed(ItemReader=reader(InputType="JSON"), ItemSelector=shape)

    assert [{"Key": "tea", "Value": 3}, {"Key": "nuts", "Value": [1]}] == run(
        plain, buckets={"data": bucket}
    ).output
    assert [{"k": "tea", "v": 3}, {"k": "nuts", "v": [1]}] == run(shaped, buckets={"data": bucket}).output


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('x ""y"" z,b', ['x "y" z', "b"]),
        ('"x ""y"" z",b', ['x "y" z', "b"]),
        ('"a,\nb",c', ["a,\nb", "c"]),
        ("a\\,b,c", ["a,b", "c"]),
        ('"a\\"b",c', ['a"b', "c"]),
        ("a\\\\,c", ["a\\", "c"]),
        ("a\\b,c\\", ["ab", "c"]),
        ('a"b,c"', ['a"b', 'c"']),
        ('"",', ["", ""]),
        (',"c"', ["", "c"]),
    ],
)
def test_quotes_and_backslashes_in_a_row(bucket, line, row):
    """A doubled quote is a quote wherever it stands, and a backslash takes what follows (developer guide)."""
    output = read(bucket, f"x,y\r\n{line}\r\n\r\n1,2", **FIRST).output

    assert [row, ["1", "2"]] == [[item["x"], item["y"]] for item in output]
