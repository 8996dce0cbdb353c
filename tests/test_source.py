"""Texts become values, and every part of a value knows its place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from asl_engine.errors import SourceError
from asl_engine.pointers import value_at
from asl_engine.quotas import MAX_DEFINITION
from asl_engine.source import document_of, parse_document, read_document
from asl_engine.source.jackson import jackson_error

PRETTY = """{
  "StartAt": "A/B",
  "States": {
    "A/B": {"Type": "Wait", "Seconds": 5, "End": true},
    "Tags": [1, {"x": null}]
  }
}
"""


def start(text: str, pointer: str, key: bool = False, name: str = "x.json") -> tuple[int, int]:
    span = parse_document(text, name).locate(pointer, key)
    return span.line, span.column


def refused(text: str, name: str = "x.json") -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse_document(text, name)
    return caught.value


class TestPlaces:
    def test_a_value_and_its_key_have_places_of_their_own(self) -> None:
        assert (4, 40) == start(PRETTY, "/States/A~1B/Seconds")
        assert (4, 29) == start(PRETTY, "/States/A~1B/Seconds", key=True)

    def test_an_element_of_an_array_is_its_own_key(self) -> None:
        assert (5, 17) == start(PRETTY, "/States/Tags/1", key=True)

    def test_the_root_is_the_whole_text(self) -> None:
        span = parse_document(PRETTY).locate("")
        assert ((1, 1), (7, 2)) == ((span.line, span.column), (span.end_line, span.end_column))

    def test_what_is_not_there_is_placed_where_its_holder_is(self) -> None:
        assert start(PRETTY, "/States/A~1B") == start(PRETTY, "/States/A~1B/Retry/0")

    def test_brackets_and_quotes_inside_strings_open_nothing(self) -> None:
        text = '{"a": "} ] \\" {", "b": 1}'
        assert (1, 24) == start(text, "/b")

    def test_every_pointer_of_the_value_has_a_place(self) -> None:
        document = parse_document(PRETTY)
        for pointer in document._places.by_pointer:
            value_at(document.value, pointer)
        assert 11 == len(document._places.by_pointer)

    def test_windows_line_ends_count_once(self) -> None:
        assert (2, 7) == start('{"a": 1,\r\n "b": 2}', "/b")

    def test_yaml_has_places_too(self) -> None:
        text = "StartAt: A\nStates:\n  A:\n    Type: Wait\n    Seconds: 5\n\n  B:\n    Type: Succeed\n"
        assert (5, 14) == start(text, "/States/A/Seconds", name="x.yaml")
        assert (7, 3) == start(text, "/States/B", key=True, name="x.yaml")
        span = parse_document(text, "x.yaml").locate("/States/A")
        assert (5, 15) == (span.end_line, span.end_column)

    def test_a_python_value_has_places_in_the_text_that_is_made_of_it(self) -> None:
        assert 3 == document_of({"a": {"b": 1}}).locate("/a/b").line


class TestJSON:
    def test_the_place_and_the_reason_of_a_trailing_comma(self) -> None:
        error = refused('{\n  "a": 1,\n}')
        assert (2, 9) == (error.line, error.column)
        assert "no comma before the closing '}'" in str(error)
        assert str(error).startswith("x.json:2:9: ")

    @pytest.mark.parametrize(
        ("text", "told", "column"),
        [
            ("{'a': 1}", "double quotes", 2),
            ('{"a": True}', "did you mean true?", 7),
            ('{"a" 1}', "the ':' after a name", 6),
            ('{"a": 1 "b": 2}', "a comma or a closing bracket", 9),
            ('{"a": 1', "ends too early", 8),
            ('{"a": "x', "no closing quote", 7),
            ('{"a": "\\q"}', "after a backslash", 8),
            ('{"a": 1} x', "more text follows", 10),
            ('{"a": // b\n1}', "no comments", 7),
            ('{"a": NaN}', "NaN is not a JSON value", 7),
            ('{"a": -Infinity}', "-Infinity is not a JSON value", 7),
            ('{"a": 1e999}', "this large", 7),
        ],
    )
    def test_errors_are_told_in_plain_words(self, text: str, told: str, column: int) -> None:
        error = refused(text)
        assert told in str(error)
        assert (1, column) == (error.line, error.column)

    def test_a_key_that_is_there_twice_is_noted_with_the_place_of_the_second(self) -> None:
        document = parse_document('{"a": 1,\n "b": {"a": 2},\n "a": 3}')
        (duplicate,) = document.duplicates
        assert ("/a", 3, 2) == (duplicate.pointer, duplicate.span.line, duplicate.span.column)
        assert 3 == document.value["a"]

    def test_a_byte_order_mark_is_no_part_of_the_text(self) -> None:
        assert {"a": 1} == parse_document('\ufeff{"a": 1}').value

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500])
    def test_deep_nesting_is_refused(self, text: str) -> None:
        assert "nested" in str(refused(text))

    def test_a_text_past_the_limit_of_the_service_is_refused(self) -> None:
        assert "1,048,576" in str(refused('"' + "x" * MAX_DEFINITION + '"'))

    def test_an_integer_without_end_is_refused_and_does_not_hang(self) -> None:
        assert "too long" in str(refused("1" * 100_000))

    def test_an_empty_text_says_so(self) -> None:
        assert "empty" in str(refused("  \n"))


class TestPlaceholders:
    def test_a_bare_placeholder_is_a_string_and_moves_nothing(self) -> None:
        text = '{"a": ${A},\n "b": ${B.Arn}, "c": 1}'
        assert {"a": "${A}", "b": "${B.Arn}", "c": 1} == parse_document(text).value
        assert (2, 22) == start(text, "/c")

    def test_an_error_after_a_placeholder_is_told_at_its_place(self) -> None:
        error = refused('{"a": ${A},\n "b": ${B}, "c": tru}')
        assert (2, 18) == (error.line, error.column)

    def test_placeholders_in_strings_stay_as_they_are(self) -> None:
        assert {"a": "x ${A} y", "b": "${B}"} == parse_document('{"a": "x ${A} y", "b": ${B}}').value


class TestYAML:
    def test_it_is_read_as_json_would_have_it(self) -> None:
        text = "Yes: No\non: 2030-01-31\ntime: 12:30:45\nn: 0o17\nh: 0x1F\nf: 1.5\nt: true\nz: ~\nq: '5'\n"
        assert {
            "Yes": "No",
            "on": "2030-01-31",
            "time": "12:30:45",
            "n": 15,
            "h": 31,
            "f": 1.5,
            "t": True,
            "z": None,
            "q": "5",
        } == parse_document(text, "x.yaml").value

    def test_aliases_are_followed(self) -> None:
        assert {"a": [1], "b": [1]} == parse_document("a: &x [1]\nb: *x\n", "x.yaml").value

    def test_a_bomb_of_aliases_is_refused(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        assert "200,000 parts" in str(refused("\n".join(lines), "x.yaml"))

    def test_an_alias_that_contains_itself_is_refused(self) -> None:
        assert "contains itself" in str(refused("a: &a [*a]\n", "x.yaml"))

    def test_short_functions_of_cloudformation_are_placeholders(self) -> None:
        text = "a: !GetAtt F.Arn\nb: !Sub 'arn:${X}'\nc: !Join ['', [x]]\n"
        assert {"a": "${F.Arn}", "b": "arn:${X}", "c": "${Join}"} == parse_document(text, "x.yaml").value

    def test_nothing_of_python_can_be_built(self) -> None:
        text = "a: !!python/object/apply:os.system ['true']\n"
        assert isinstance(parse_document(text, "x.yaml").value["a"], (str, list))

    def test_keys_that_are_no_strings_are_refused(self) -> None:
        assert "a key must be a string" in str(refused("? [a]\n: 1\n", "x.yaml"))

    def test_infinity_is_refused(self) -> None:
        assert ".inf is not a JSON value" in str(refused("a: .inf\n", "x.yaml"))

    def test_duplicate_keys_are_noted(self) -> None:
        (duplicate,) = parse_document("a: 1\nb: 2\na: 3\n", "x.yaml").duplicates
        assert ("/a", 3) == (duplicate.pointer, duplicate.span.line)

    def test_tabs_are_explained(self) -> None:
        error = refused("a:\n\tb: 1\n", "x.yaml")
        assert 2 == error.line
        assert "tab" in str(error)

    def test_deep_nesting_is_refused(self) -> None:
        assert "nested" in str(refused("[" * 2_000, "x.yaml"))

    def test_two_halves_of_a_character_are_one(self) -> None:
        assert {"a": "🎉", "b": r"\ud83c"} == parse_document(r'{"a": "\ud83c\udf89", "b": \ud83c}', "x.yaml").value

    def test_halves_of_characters_in_a_long_text_are_refused(self) -> None:
        error = refused("# " + "x" * 70_000 + "\n" + r'a: "\ud83c\udf89"' + "\n", "x.yaml")
        assert "write the character itself" in str(error)
        assert (2, 5) == (error.line, error.column)

    @pytest.mark.parametrize(
        ("text", "problem", "place"),
        [
            ("a: 1\n---\nb: 2\n", "a second document", (2, 1)),
            ("a: é\nb: *x\n", "the alias *x has no anchor", (2, 4)),
            ("é: 1\nb: x\x07\n", "U+0007", (2, 5)),
            ("é: \ud800\n", "half a character", (1, 4)),
            ("a: [1, 2\nb: 3\n", "did not find expected", (2, 2)),
            ("a: b: c\n", "mapping values are not allowed", (1, 5)),
        ],
    )
    def test_what_is_wrong_has_a_place(self, text: str, problem: str, place: tuple[int, int]) -> None:
        error = refused(text, "x.yaml")
        assert problem in str(error)
        assert place == (error.line, error.column)

    def test_a_chain_of_aliases_is_as_deep_as_what_it_makes(self) -> None:
        """Also where functions of a template are filled in."""
        chain = "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 600))
        assert "nested" in str(refused(f"a0: &a0 !Ref x\n{chain}", "x.yaml"))

    @pytest.mark.parametrize("line", ["- a: b\n  c: d\n", "- {a: b, c: [d]}\n"], ids=["lines", "braces"])
    def test_a_long_text_is_read_at_once(self, line: str) -> None:
        """With its places; a reader in Python needs twice the time. The quickest of five counts: a machine may be
        busy."""
        text = "x:\n" + line * (150_000 // len(line))
        for _ in range(5):
            began = time.process_time()
            document = parse_document(text, "x.yaml")
            seconds = time.process_time() - began
            if seconds < 1:
                break
        assert document.locate("/x/5000").line == (10_002 if "\n " in line else 5_002)
        assert seconds < 1

    def test_a_tab_within_a_text_is_part_of_it(self) -> None:
        assert {"a": "b\tc", "d": 1} == parse_document("a: b\tc\t\nd:\t1\n", "x.yaml").value

    def test_without_a_name_the_text_tells_its_format(self) -> None:
        assert "yaml" == parse_document("# note\nStartAt: A\n").format
        assert "json" == parse_document('{"StartAt": "A"}').format


class TestFiles:
    def test_a_missing_file_names_what_is_close(self, tmp_path: Path) -> None:
        (tmp_path / "order.asl.json").write_text("{}")
        with pytest.raises(SourceError, match=r"no such file\. Did you mean 'order\.asl\.json'\?"):
            read_document(tmp_path / "oder.asl.json")

    def test_hidden_files_are_not_what_was_meant(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "order.asl.json").write_text("{}")
        with pytest.raises(SourceError, match=r"no such file\. Known: 'order\.asl\.json'\.$"):
            read_document(tmp_path / "x")

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no folder"):
            read_document(tmp_path / "nowhere" / "x.json")

    def test_a_folder_says_what_it_holds(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}")
        with pytest.raises(SourceError, match=r"this is a folder\. It holds a\.json\."):
            read_document(tmp_path)

    def test_bytes_that_are_no_utf8_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(b'{"a": "\xff"}')
        with pytest.raises(SourceError, match="0xff at offset 7"):
            read_document(tmp_path / "a.json")

    def test_a_file_that_is_too_long_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(b" " * (4 * MAX_DEFINITION + 1))
        with pytest.raises(SourceError, match="longer than"):
            read_document(tmp_path / "a.json")


class TestJackson:
    """AWS reads JSON with Jackson; the first two are recorded."""

    @pytest.mark.parametrize(
        ("text", "message", "column"),
        [
            ("not a definition", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or", 4),
            ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 3),
            ('{"a": 1,}', "Unexpected character ('}' (code 125)): was expecting double-quote", 10),
            ('{"a" 1}', "was expecting a colon to separate field name and value", 7),
            ("[1 2]", "was expecting comma to separate Array entries", 5),
            ("[1}", "Unexpected close marker '}': expected ']'", 4),
            ('{"a": 1', "Unexpected end-of-input: expected close marker for Object", 8),
            ('["\\q"]', "Unrecognized character escape 'q' (code 113)", 5),
        ],
    )
    def test_its_words_and_places(self, text: str, message: str, column: int) -> None:
        found = jackson_error(text)
        assert found is not None
        assert message in found[0]
        assert found[1] == f'[Source: (String)"{text}"; line: 1, column: {column}]'

    def test_a_long_text_is_cut(self) -> None:
        found = jackson_error("[" + "1," * 400)
        assert found is not None
        assert "[truncated 301 chars]; line: 1, column: 802]" in found[1]

    @pytest.mark.parametrize("text", ["{}", '[1, -2.5e3, "a\\u00e9", {"b": [true, false, null]}]', " 5 "])
    def test_json_has_no_error(self, text: str) -> None:
        assert jackson_error(text) is None
