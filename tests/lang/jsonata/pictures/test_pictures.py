"""Number pictures, integer pictures and bases."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl_engine.lang.jsonata import compile_jsonata
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.pictures.numbers import format_base, format_integer, format_number, parse_integer


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(JSONataError) as caught:
        function(*arguments)
    assert caught.value.message
    return caught.value.code


def outcome(function: Any, *arguments: Any) -> str:
    """Return the type of the result, or the code of the refusal."""
    try:
        return type(function(*arguments)).__name__
    except JSONataError as error:
        return error.code


@pytest.mark.parametrize(
    ("value", "picture", "text"),
    [
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-5, "#,##0.00", "-5.00"),
        (-5, "0.0;(0.0)", "(5.0)"),
        (0, "#", "0"),
        (0, "#.#", ".0"),
        (0.5, "#.00", ".50"),
        (7, "000", "007"),
        (0.256, "#0.0%", "25.6%"),
        (0.256, "0‰", "256‰"),
        (1234567, "##,##,##0", "12,34,567"),
        (12345.678, "#0,0.00", "1,2,3,4,5.68"),
        (12345, "##,#,00", "12,3,45"),
        (0.123456, "0.00,00", "0.12,35"),
        (1234, "0.00e0", "1.23e3"),
        (0.00012, "0.0e00", "1.2e-04"),
        (1e21, "0", "1e+21"),
        (5, "EUR 0.00 net", "EUR 5.00 net"),
    ],
)
def test_a_number_is_written_by_its_picture(value: float, picture: str, text: str) -> None:
    assert format_number(value, picture) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0"), (1.5, "2"), (2.5, "2"), (-2.5, "-2"), (0.49999999999999994, "0")]
)
def test_halves_go_to_the_even_neighbour(value: float, text: str) -> None:
    assert format_number(value, "0") == text


def test_the_point_is_moved_in_the_text_of_a_number() -> None:
    assert format_number(4.475, "0.00") == "4.48"


@pytest.mark.parametrize(
    ("options", "picture", "text"),
    [
        ({"decimal-separator": ",", "grouping-separator": "."}, "#.##0,00", "1.234,50"),
        ({"zero-digit": "٠"}, "#٠.٠٠", "١٢٣٤.٥٠"),
        ({"digit": "?"}, "?0.0", "1234.5"),
        ({"exponent-separator": "^"}, "0.0^0", "1.2^3"),
        ({"unknown": 5}, "0", "1234"),
    ],
)
def test_options_change_the_symbols(options: dict[str, Any], picture: str, text: str) -> None:
    assert format_number(1234.5, picture, options) == text


def test_signs_have_options_too() -> None:
    assert format_number(-0.5, "0x", {"minus-sign": "minus ", "percent": "x"}) == "minus 50x"
    assert format_number(-3, "0|<0>", {"pattern-separator": "|"}) == "<3>"


def test_what_has_no_digits_is_named() -> None:
    assert format_number(math.inf, "0.0!") == "Infinity!"
    assert format_number(-math.inf, "0", {"infinity": "endless"}) == "-endless"
    assert format_number(math.nan, "0", {"NaN": "none"}) == "none"


def test_an_exponent_of_zero_and_of_negative_numbers_ends() -> None:
    assert format_number(0, "0.0e0") == "0.0e0"
    assert format_number(-1234, "0.0e0") == "-1.2e3"


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        ("0;0;0", "D3080"),
        ("0.0.0", "D3081"),
        ("0%%", "D3082"),
        ("0‰‰", "D3083"),
        ("0%‰", "D3084"),
        (".", "D3085"),
        ("no digits at all", "D3085"),
        ("0x0", "D3086"),
        ("0,.0", "D3087"),
        ("0.,0", "D3087"),
        ("0,", "D3088"),
        ("0,,0", "D3089"),
        ("0#", "D3090"),
        ("0.#0", "D3091"),
        ("0e0%", "D3092"),
        ("0e", "D3093"),
        ("$0e0", "D3093"),
        ("0;0.0.0", "D3081"),
    ],
)
def test_a_bad_picture_is_refused(picture: str, code: str) -> None:
    assert refusal(format_number, 1, picture) == code


def test_the_last_broken_rule_is_told() -> None:
    assert refusal(format_number, 1, "0.0.0,,0") == "D3089"


def test_options_are_texts() -> None:
    assert refusal(format_number, 1, "0", {"percent": 5}) == "T0410"
    assert refusal(format_number, 1, "0", {"zero-digit": ""}) == "T0410"


def test_a_picture_has_a_length() -> None:
    assert refusal(format_number, 1, "0" * 10_001) == "U1002"
    assert refusal(format_integer, 1, "0" * 10_001) == "U1002"


@pytest.mark.parametrize(
    ("value", "picture", "text"),
    [
        (1234567, "#,##0", "1,234,567"),
        (1234567, "#'##0", "1'234'567"),
        (1234567, "#:##0,000", "1:234,567"),
        (12, "#:###,##0", ",:12"),
        (7, "0000", "0007"),
        (-7.5, "000", "-008"),
        (2024, "٠", "٢٠٢٤"),
        (1e21, "0", "1e+21"),
        (123456789012345678, "0", "123456789012345680"),
        (21, "0;o", "21st"),
        (112, "0;o", "112th"),
        (3, "w;o", "third"),
        (30, "W;o", "THIRTIETH"),
        (1001, "Ww", "One Thousand and One"),
        (21000000, "w", "twenty-one million"),
        (-8, "w", "-eight"),
        (1e15, "w", "one thousand trillion"),
        (0, "w", "zero"),
        (1999, "I", "MCMXCIX"),
        (0, "i", ""),
        (703, "A", "AAA"),
        (0, "a", ""),
    ],
)
def test_an_integer_is_written_by_its_picture(value: float, picture: str, text: str) -> None:
    assert format_integer(value, picture) == text


@pytest.mark.parametrize(
    ("text", "picture", "value"),
    [
        ("1,234,567", "#,##0", 1234567),
        ("12.345", "#.###,0", 12345),
        ("  42 apples", "0", 42),
        ("0x1F", "0", 31),
        ("22nd", "0;o", 22),
        ("٤٢", "٠", 42),
        ("nineteen hundred and eighty-four", "w", 1984),
        ("two million, three hundred thousand", "w", 2300000),
        ("SEVENTY-SECOND", "W;o", 72),
        ("XLII", "I", 42),
        ("aaa", "a", 703),
    ],
)
def test_an_integer_is_read_by_its_picture(text: str, picture: str, value: float) -> None:
    assert parse_integer(text, picture) == value
    assert type(parse_integer(text, picture)) is int


@pytest.mark.parametrize(
    ("text", "picture"), [("apples", "0"), ("0x", "0"), ("some", "w"), ("hello", "I"), ("12", "٠"), ("", "0")]
)
def test_what_spells_no_integer_is_not_a_number(text: str, picture: str) -> None:
    assert math.isnan(parse_integer(text, picture))


def test_a_bad_integer_picture_is_refused() -> None:
    assert refusal(format_integer, 1, "α") == "D3130"
    assert refusal(parse_integer, "1", "α") == "D3130"
    assert refusal(format_integer, 1, "0٠") == "D3131"


@pytest.mark.parametrize("picture", ["w", "i", "a"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_only_numbers_have_words(picture: str, value: float) -> None:
    assert refusal(format_integer, value, picture) == "D1001"


def test_a_numeral_has_an_end() -> None:
    assert refusal(format_integer, 1e9, "I") == "D1001"


def test_huge_texts_are_read_at_once() -> None:
    assert parse_integer("9" * 100_000, "0") == math.inf
    assert parse_integer("0x" + "f" * 100_000, "0") == math.inf
    assert parse_integer("z" * 100_000, "a") == math.inf


@pytest.mark.parametrize(
    ("value", "radix", "text"),
    [
        (255, 16, "ff"),
        (-5, 2, "-101"),
        (2.5, 10, "2"),
        (3.5, 2.4, "100"),
        (0, 7, "0"),
        (2**60, 2, "1" + "0" * 60),
        (1e22, 10, "1e+22"),
        (3.8132e16, 36, "afgnyysxou8"),
        (math.inf, 2, "Infinity"),
    ],
)
def test_a_number_is_written_in_a_base(value: float, radix: float, text: str) -> None:
    assert format_base(value, radix) == text


@pytest.mark.parametrize("radix", [1, 37, -2, math.nan])
def test_bases_go_from_2_to_36(radix: float) -> None:
    assert refusal(format_base, 5, radix) == "D3100"


@given(st.integers(0, 2**53), st.integers(2, 36))
def test_bases_are_read_back(value: int, radix: int) -> None:
    assert int(format_base(value, radix), radix) == value


@given(
    st.integers(0, 10**15),
    st.sampled_from(["0", "#,##0", "0000", "٠", "w", "W", "Ww", "w;o", "W;o", "0;o", "#,##0;o", "a", "A"]),
)
def test_integers_are_read_back(value: int, picture: str) -> None:
    text = format_integer(value, picture)
    if picture == "a" and value == 0:
        assert text == ""
    elif "0;o" not in picture or value < 2**53:
        assert parse_integer(text, picture) == value


@given(st.integers(1, 10_000), st.sampled_from("iI"))
def test_numerals_are_read_back(value: int, picture: str) -> None:
    assert parse_integer(format_integer(value, picture), picture) == value


@given(st.integers(-(10**12), 10**12))
def test_groups_hold_three_digits(value: int) -> None:
    assert format_number(value, "#,##0") == f"{value:,}" == format_integer(value, "#,##0")


signs = st.text("#0,.;e%‰-x٠ ", max_size=10)
numbers = st.floats() | st.integers(-(10**300), 10**300)


@given(numbers, signs, st.dictionaries(st.sampled_from(["zero-digit", "digit", "percent"]), st.text(max_size=2)))
def test_number_pictures_raise_nothing_else(value: float, picture: str, options: dict[str, str]) -> None:
    allowed = {f"D30{number}" for number in range(80, 94)} | {"T0410"}
    assert outcome(format_number, value, picture, options) in {"str", *allowed}


@given(numbers, st.text("#0,.;oٔ٠aAiIwW", max_size=8), st.text())
def test_integer_pictures_raise_nothing_else(value: float, picture: str, text: str) -> None:
    assert outcome(format_integer, value, picture) in ("str", "D1001", "D3130", "D3131")
    assert outcome(parse_integer, text, picture) in ("int", "float", "D3130", "D3131")


@pytest.mark.parametrize("call", ["$formatBase(1e300 * $, 2)", "$formatInteger(1e300 * $, 'w')", "$fromMillis($, $p)"])
def test_pictures_count(call: str) -> None:
    """What a picture asks for is work like any other, and ends with it."""
    expression = compile_jsonata(f"($p := '{'[FNn]' * 40}'; $count([1..1000000].{call}))")
    began = time.process_time()
    with pytest.raises(JSONataError) as failure:
        expression.evaluate(timeout=0.2)
    assert failure.value.code in ("U1001", "U1002")
    assert time.process_time() - began < 2
