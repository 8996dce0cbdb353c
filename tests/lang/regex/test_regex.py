"""Regular expressions: JavaScript's meaning, within a bound."""

from __future__ import annotations

import re
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl_engine.lang.jsonata import compile_jsonata
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.patterns import compiled_pattern
from asl_engine.lang.regex import compile as regex
from asl_engine.lang.regex import matcher as regex_matcher
from asl_engine.lang.regex.compile import Match, compile_regex
from asl_engine.lang.regex.matcher import TooManySteps
from asl_engine.lang.regex.syntax import BadPattern

Found = tuple[int, int, tuple[str | None, ...]] | None


def seen(match: Match | None, text: str) -> Found:
    if match is None:
        return None
    assert match.text == text[match.start : match.end]
    return match.start, match.end, match.groups


def find(pattern: str, text: str, flags: str = "") -> Found:
    """Match as the engine decides, and with the matcher that counts; both must agree."""
    matcher = compile_regex(pattern, flags)
    found = seen(matcher(text), text)
    assert found == seen(matcher._counted(text, 0), text)
    return found


def refusal(pattern: str, text: str = "", flags: str = "") -> str:
    with pytest.raises((BadPattern, TooManySteps)) as caught:
        compile_regex(pattern, flags)(text)
    assert str(caught.value)
    return type(caught.value).__name__


@pytest.mark.parametrize(
    ("pattern", "text", "start", "end"),
    [
        ("b+", "abbbc", 1, 4),
        ("b+?", "abbbc", 1, 2),
        ("b{2}", "abbbc", 1, 3),
        ("b{2,}?c", "abbbc", 1, 5),
        ("x*", "abc", 0, 0),
        ("cat|category", "category", 0, 3),
        ("^b|c$", "abc", 2, 3),
        ("[^a-c]", "abcd", 3, 4),
        ("[]|d", "abcd", 3, 4),
        ("[^]", "\n", 0, 1),
        (r"[\]\-a]+", "x]-a", 1, 4),
        (r"[\w-]+", "!a-b", 1, 4),
        (r"\/x\.", "a/x.", 1, 4),
        (r"\x41\u0042\103\cJ\0", "ABC\n\0", 0, 5),
        (r"\ud83d\ude00", "😀", 0, 1),
        (r"a{,2}", "a{,2}", 0, 5),
        (r"]}{", "]}{", 0, 3),
        (r"\8\c", r"8\c", 0, 3),
        (r"\k", "k", 0, 1),
        (r"\2", "\x02", 0, 1),
        (r"(?=ab)a", "xab", 1, 2),
        (r"a(?!b)", "abac", 2, 3),
        (r"(?<=\$\d*)5", "35 $125", 6, 7),
        (r"(?<!x)y", "xy y", 3, 4),
        (r"(?:a|b)*c", "xabac", 1, 5),
        (r"(?:)", "a", 0, 0),
    ],
)
def test_a_pattern_means_what_it_means_in_javascript(pattern: str, text: str, start: int, end: int) -> None:
    found = find(pattern, text)
    assert found is not None
    assert found[:2] == (start, end)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d", "٣"),
        (r"\w", "é"),
        (r"\s", "\x1c"),
        (r"\S", "\ufeff\u2003\xa0"),
        (r"a$", "a\n"),
        (r"^b", "a\nb"),
        (r".", "\n\r\u2028\u2029"),
        (r"\bé", "é"),
        (r"[]", "a"),
        (r"[^\s\S]", "a"),
    ],
)
def test_what_python_would_find(pattern: str, text: str) -> None:
    assert find(pattern, text) is None


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        (r"(a)|(b)", "b", (None, "b")),
        (r"(?:(a)|b)*", "ab", (None,)),
        (r"(a*)*", "b", (None,)),
        (r"(z)((a+)?(b+)?(c))*", "zaacbbbcac", ("z", "ac", "a", None, "c")),
        (r"(?=(a+))a*b\1", "baaabac", ("a",)),
        (r"(.*?)a(?!(a+)b\2c)\2(.*)", "baaabaac", ("ba", None, "abaac")),
        (r"(a\1)", "a", ("a",)),
        (r"\1(a)", "a", ("a",)),
        (r"(?<year>\d{4})-\k<year>", "2024-2024", ("2024",)),
        (r"(?<=(\d)(\d+))$", "1053", ("1", "053")),
        (r"(?<=\1(a))b", "aab", ("a",)),
        (r"(x)?y", "y", (None,)),
        (r"(?:(a){0})b", "ab", (None,)),
    ],
)
def test_groups_hold_what_they_hold_in_javascript(pattern: str, text: str, groups: tuple[str | None, ...]) -> None:
    found = find(pattern, text)
    assert found is not None
    assert found[2] == groups


def test_case_does_not_count_with_the_flag() -> None:
    assert find("[a-c]É", "xBé", "i") == (1, 3, ())
    assert find("Σ+", "σςΣ", "i") == (0, 3, ())
    assert find(r"(a)\1", "aA", "i") == (0, 2, ("a",))
    assert find("[^a]", "A", "i") is None
    assert find("k|s", "\u212a\u017f", "i") is None  # the signs for Kelvin and the long s
    assert find("ß", "SS", "i") is None


def test_lines_count_with_the_flag() -> None:
    assert find("^b$", "a\nb\u2028c", "m") == (2, 3, ())
    assert find("a.b", "a\nb", "s") == (0, 3, ())


def test_matching_goes_on_from_a_place() -> None:
    matcher = compile_regex("a|^b")
    assert seen(matcher("abab", 1), "abab") == (2, 3, ())
    assert matcher("abab", 3) is None
    assert matcher("abab", 4) is None
    assert seen(compile_regex("x*")("ab", 2), "ab") == (2, 2, ())


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[a", "*", "a**", "+", "a|?", "{1}", "a{2,1}", "\\", "(?", "(?P<a>x)", "(?<1>x)",
        "(?<a>x)(?<a>y)", r"(?<a>x)\k<b>", r"(?<a>x)\k", "^*", r"\b+", "(?<=a)*", "a++",
        "(?i)a", "[b-a]", "(" * 51 + ")" * 51, "a" * 2001,
    ],
)  # fmt: skip
def test_a_bad_pattern_is_refused(pattern: str) -> None:
    assert refusal(pattern) == "BadPattern"


def test_an_empty_pattern_is_refused() -> None:
    with pytest.raises(JSONataError, match="S0301"):
        compiled_pattern("")


def test_an_unknown_flag_is_refused() -> None:
    assert refusal("a", flags="g") == "BadPattern"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 40 + "!"),
        ("^(?:a|aa)+$", "a" * 60 + "!"),
        ("(?:a?){30}a{30}b", "a" * 40),
        (r"(.+)+\1b", "a" * 60),
        ("x*y", "x" * 200_000),
        ("(?=(a+)+b)x", "a" * 50),
    ],
)
def test_a_hostile_pattern_ends(pattern: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "BUDGET", 100_000)
    began = time.process_time()
    assert refusal(pattern, text) == "TooManySteps"
    assert time.process_time() - began < 5


def test_all_matches_of_a_text_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "BUDGET", 20_000)
    matcher, text = compile_regex("a(?<=a)"), "a" * 50_000
    places = range(1, len(text))
    with pytest.raises(TooManySteps):
        list(map(partial(matcher, text), places))
    assert matcher(text)  # from the start there is a new budget


@pytest.mark.parametrize(("pattern", "size"), [("(a|aa)+$", 15), ("a(?<=a)b", 3_000), (".*.*b", 200)])
def test_many_slow_matches_are_too_much_together(pattern: str, size: int) -> None:
    """Each alone is within its limits; the evaluation counts what all take."""
    expression = compile_jsonata(f"$count([1..n][$contains($$.text, /{pattern}/)])")
    text = "a" * size + "!"

    assert expression.evaluate({"n": 2, "text": text}, max_work=200_000) == 0
    with pytest.raises(JSONataError) as caught:
        expression.evaluate({"n": 1_000, "text": text}, max_work=200_000)
    assert caught.value.code == "U1002"


def test_the_clock_is_looked_at_between_slow_matches() -> None:
    expression = compile_jsonata("[1..1000].$contains($$.text, /.*.*b/)")
    seconds = iter(range(1_000))
    with pytest.raises(JSONataError) as caught:
        expression.evaluate({"text": "a" * 400}, timeout=5, clock=lambda: next(seconds))
    assert caught.value.code == "U1001"
    assert next(seconds) < 20


def test_ordinary_patterns_on_many_texts_are_no_excess() -> None:
    """A quarter of a megabyte, as much as a state may have; the limit is the one of states."""
    words = compile_jsonata(r"$sum(texts.$count($match($, /[a-z]+/)))")
    mails = compile_jsonata(r"$count(texts[$contains($, /\w+@\w+\.com/)])")
    data = {"texts": [f"hello there you {n} " * 20 for n in range(600)]}

    assert words.evaluate(data, max_work=8_000_000) == 36_000
    assert mails.evaluate(data, max_work=8_000_000) == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex_matcher, "MAX_STACK", 2_000)
    assert refusal("(?:a|aa)*b", "a" * 3_000) == "TooManySteps"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r",\s*x", "a, b,  c," * 20_000),
        (r"[\w.+-]+@[\w-]+\.com", "somebody at home, " * 5_000),
        (r"^(?:\w+,)*$", "word," * 20_000),
        (r'"(?:[^"\\]|\\.)*"', r"say \" " * 10_000 + '"x"'),
    ],
)
def test_ordinary_patterns_take_long_texts(pattern: str, text: str) -> None:
    began = time.process_time()
    compile_regex(pattern)(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", [r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$", r"(\d{4})-(\d\d)-(\d\d)", r"\s*,\s*", "(ab)?c"])
def test_ordinary_patterns_run_in_python(pattern: str) -> None:
    matcher = compile_regex(pattern)
    assert matcher._fast is not None
    assert matcher._is_quick("some words, 2024-01-01, a@b.com ")


PIECES = (
    "a", "b", ".", "[ab]", "[^a]", r"\w", r"\b", "^", "$", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!", ")", ")", "|", "*",
    "+", "?", "{2}", "{0,1}", r"\1", "*?", "+?", "[", "]", "{", "}", "\\", "(?<n>", "-", "\n",
)  # fmt: skip
pieces = st.sampled_from(PIECES)
texts = st.text("abAB \n", max_size=8)


@given(st.lists(pieces, min_size=1, max_size=10), texts, st.sampled_from(["", "i", "m", "im", "s"]))
def test_nothing_else_is_raised_and_both_ways_agree(parts: list[str], text: str, flags: str) -> None:
    pattern = "".join(parts)
    try:
        compile_regex(pattern, flags)
    except BadPattern:
        return
    find(pattern, text, flags)


@given(st.text(min_size=1, max_size=12), st.text(max_size=5), st.text(max_size=5))
def test_an_escaped_text_finds_itself(text: str, before: str, after: str) -> None:
    pattern = "".join("\\" + sign if sign in ".*+?^${}()|[]\\/" else sign for sign in text)
    whole = before + text + after
    start = whole.index(text)
    assert find(pattern, whole) == (start, start + len(text), ())


@given(
    st.sampled_from(["a+b", "(a|b)c", "a*?b{1,2}", "[^b]+(b)?", "a(?!b)|b", "(?:ab)+a"]), st.text("abc", max_size=12)
)
def test_plain_patterns_are_as_in_python(pattern: str, text: str) -> None:
    expected = re.search(pattern, text)
    assert find(pattern, text) == (expected and (expected.start(), expected.end(), expected.groups()))
