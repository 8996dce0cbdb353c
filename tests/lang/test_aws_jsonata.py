"""AWS's dialect of JSONata: what an expression is, what it sees, six functions more and one less, and how it fails."""

from __future__ import annotations

import hashlib
import time
import uuid
from random import Random

import pytest

from asl_engine.lang import budget
from asl_engine.lang.aws_jsonata import MAX_TAIL_CALLS, compile_query, is_expression, of_kind, read_expression
from asl_engine.lang.budget import Budget
from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.values import json_text


class Seen:
    """A scope with what the stories need."""

    def __init__(self, data=None, input=None, variables=None, seed=0):
        self.data, self.input, self.item = data, input, None
        self.variables = variables or {}
        self.seed = seed
        self.budget = Budget()
        self.contexts = 0

    def context(self):
        self.contexts += 1
        return {"State": {"Name": "S"}}

    def time(self):
        return 1_700_000_000.1234

    def random(self):
        return Random(self.seed)

    def charge(self, amount):
        self.budget.charge(amount)


def value_of(text, sees=None, **seen):
    return compile_query(f"{{% {text} %}}", "Output", sees)(Seen(**seen))


def failure_of(text, **seen):
    """Return what the cause says after the expression and the field."""
    with pytest.raises(ExpressionFailed) as caught:
        value_of(text, **seen)
    told = f"The JSONata expression '{text}' specified for the field 'Output' "
    assert caught.value.cause.startswith(told)
    assert ("States.QueryEvaluationError", "Output") == (caught.value.error, caught.value.location)
    return caught.value.cause.removeprefix(told)


# --- what an expression is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["{%1%}", "{% 1 %}", "{%\n 1 + 1\n%}", "{%%}"])
def test_a_whole_string_in_delimiters_is_an_expression(text):
    """What is between may be anything, also nothing."""
    assert is_expression(text)


@pytest.mark.parametrize("text", ["", "1", " {% 1 %}", "{% 1 %} ", "{% 1", "1 %}", "{%}", "a {% 1 %} b", "{ % 1 % }"])
def test_all_else_is_text(text):
    """Blanks outside count, and an expression is never a part of a text."""
    assert not is_expression(text)
    assert text == compile_query(text, "Output")(Seen())


def test_expressions_stand_at_any_depth_of_values_and_never_in_keys():
    """Everything that is no expression stays as it stands, keys included."""
    template = {"a": [1, {"b": "{% $states.input + 1 %}"}, ["{% 'x' %}"]], "{% 1 %}": None, "c.$": "$.c"}

    assert {"a": [1, {"b": 42}, ["x"]], "{% 1 %}": None, "c.$": "$.c"} == compile_query(template, "Output")(
        Seen(input=41)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% 1 + %}", "Unexpected end of expression"),
        ("{% %}", "Unexpected end of expression"),
        ("{% [1, 2 %}", 'Expected "]" before end of expression'),
        ("{% 'a %}", "String literal must be terminated by a matching quote"),
        ("{% } %}", 'The symbol "}" cannot be used as a unary operator'),
        ("{% /a %}", "No terminating / in regular expression"),
    ],
)
def test_a_text_that_is_no_jsonata_is_refused_in_its_words(text, message):
    """The message is the language's own, without its code."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        read_expression(text)

    assert message == str(caught.value)


# --- what it sees ----------------------------------------------------------------------------------------------------


def test_states_has_what_the_field_has():
    """`input` and `context` always; `result` or `errorOutput` where the field says so."""
    seen = {"input": {"i": 1}, "data": {"d": 2}}

    assert {"i": 1} == value_of("$states.input", **seen)
    assert "S" == value_of("$states.context.State.Name", **seen)
    assert 2 == value_of("$states.result.d", "result", **seen)
    assert 2 == value_of("$states.errorOutput.d", "errorOutput", **seen)
    assert ["input", "context"] == value_of("$keys($states)", **seen)
    assert ["input", "result", "context"] == value_of("$keys($states)", "result", **seen)


@pytest.mark.parametrize(
    "text",
    [
        "$lookup($states, 'con' & 'text').State.Name",
        "$states.*.State.Name",
        "$states.**.Name",
        "($s := $states; $s.`context`.State.Name)",
    ],
)
def test_the_context_is_there_however_it_is_asked_for(text):
    """It is made only when needed, and what takes `$states` as a whole needs it."""
    assert "S" == value_of(text, input=1)


def test_the_context_is_not_made_for_nothing():
    """Expressions that name other parts of `$states` do without."""
    scope = Seen(input={"context": 1})

    assert 1 == compile_query("{% $states . input.context %}", "Output")(scope)
    assert 0 == scope.contexts


def test_variables_are_there_and_keep_their_values():
    """Binding one in an expression is for that expression alone."""
    scope = Seen(variables={"x": [1, 2], "sum": 5})

    assert [3, 1, 2] == compile_query("{% ($x := $append(3, $x); $x) %}", "Output")(scope)
    assert {"x": [1, 2], "sum": 5} == scope.variables
    assert 5 == compile_query("{% $sum %}", "Output")(scope)


@pytest.mark.parametrize("text", ["$", "$$", "name", "$.name", "$states.nothing", "$states.result", "$unknown"])
def test_nothing_is_a_failure(text):
    """There is no input at the top level, and what is not there is no value."""
    assert "returned nothing (undefined)." == failure_of(text, input={"name": 1})


# --- six functions more, one less ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$partition([1, 2, 3, 4], 2)", [[1, 2], [3, 4]]),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$partition([1, 2], 9)", [[1, 2]]),
        ("$partition([1, 2, 3])", [[1, 2, 3]]),
        ("$partition([1, 2, 3], 2.9)", [[1, 2], [3]]),
        ("[$partition([], 2), $partition([1], 0), $partition([1], -0.5)]", []),
        ("$range(0, 6, 2)", [0, 2, 4, 6]),
        ("$range(0, 7, 2)", [0, 2, 4, 6]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ("$range(-1.7, 2.9, 1.9)", [-1, 0, 1, 2]),
        ("[$range(3, 1, 1), $range(1, 3), $range(1, 3, 0.5)]", []),
        ("$range(4, 4, 1)", 4),
        ("$parse('[1.0, 1.5, 1e3, -0.0]')", [1, 1.5, 1000, 0]),
        ("$random(42)", 0.7275636800328681),
        ("$random(0)", 0.730967787376657),
        ("""$parse('{"a": [1, null, "x"]}')""", {"a": [1, None, "x"]}),
        ("""$parse('{"a": 1}').a""", 1),
        ("$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
    ],
)
def test_functions_of_aws(text, value):
    """What they give, as measured and as AWS documents them; whole numbers are none with a point."""
    assert json_text(value) == json_text(value_of(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'n' & $states.input", "n9223372036854775807"),
        ("$string([$states.input, 0.1 + 0.2])", "[9223372036854775807,0.30000000000000004]"),
        ("$string(1/3)", "0.3333333333333333"),
        ("$string(1e25)", "1e+25"),
    ],
)
def test_numbers_as_text_keep_their_digits(text, value):
    """Whole ones within a long, and the shortest digits of a double; JSONata's own text has fifteen (measured)."""
    assert value == value_of(text, input=2**63 - 1)


SUM, NESTED = "+".join("1" * 100), "(" * 99 + "1" + ")" * 99
RECURSIVE = "($f := function($n) {{$n <= 0 ? 0 : 1 + $f($n - 1)}}; $f({}))"
DOUBLED = "$reduce([1..{}], function($text, $n) {{$text & $text}}, 'x')"
DEEP, MUCH = "Stack overflow error", "memory limit exceeded"


@pytest.mark.parametrize(
    ("last", "first", "problem"),
    [
        (SUM, f"{SUM}+1", DEEP),
        (SUM.replace("+", "&"), f"{SUM}+1".replace("+", "&"), DEEP),
        (NESTED, f"({NESTED})", DEEP),
        (NESTED, "(" * 1_000 + "1" + ")" * 1_000, DEEP),
        (f"true ? 1 : ({NESTED})", f"false ? 1 : ({NESTED})", DEEP),
        (RECURSIVE.format(31), RECURSIVE.format(33), DEEP),
        ("$count([1..873782])", "$count([1..873783])", MUCH),
        ("$count($range(1, 360145, 1))", "$count($range(1, 360146, 1))", MUCH),
        (f"$length({DOUBLED.format(22)})", f"$length({DOUBLED.format(23)})", MUCH),
    ],
)
def test_what_aws_evaluates_last_and_what_it_no_longer_does(last, first, problem):
    """It is refused when it is reached, and not when it is read (measured by users)."""
    value_of(last)
    assert problem in failure_of(first)


@pytest.mark.parametrize("name", ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"])
def test_five_hashes(name):
    """Each is of the UTF-8 of the text, in hexadecimal digits."""
    expected = hashlib.new(name.replace("-", ""), "grün".encode()).hexdigest()

    assert expected == value_of(f"$hash('grün', '{name}')")


def test_chance_is_the_scopes():
    """The same chance gives the same values, another other ones; a UUID is one of version 4."""
    for text in ("$random()", "$uuid()", "$shuffle([1..50])"):
        assert value_of(text, seed=1) == value_of(text, seed=1)
        assert value_of(text, seed=1) != value_of(text, seed=2)
    assert 4 == uuid.UUID(value_of("$uuid()")).version
    assert 0 <= value_of("$random()") < 1
    assert value_of("$uuid() = $uuid()") is False


def test_the_time_is_the_scopes():
    """To the millisecond, and a whole number."""
    assert "2023-11-14T22:13:20.123Z" == value_of("$now()")
    millis = value_of("$millis()")
    assert (1_700_000_000_123, int) == (millis, type(millis))


def test_eval_is_gone():
    """Nothing has that name, so it cannot be called."""
    told = "threw an error during evaluation. T1006: Attempted to invoke a non-function"

    assert told == failure_of("$eval('1 + 1')")
    assert value_of("$exists($eval)") is False


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$partition([1], 1/0)", "D3137: The arguments of the function must be finite numbers"),
        ("$partition(null, 2)", 'T0412: Argument 1 of function "partition" must be an array'),
        ("$range(0, 1/0, 1)", "D3137: The arguments of the function must be finite numbers"),
        ("$random(1/0)", "D3137: The seed of the random function must be a finite number"),
        ("$hash('a', 'SHA1')", "D3137: The algorithm of the hash function must be one of MD5, SHA-1, SHA-256"),
        ("$parse('nope')", "D3137: The argument of the parse function is not JSON: "),
        ("$parse('[1e400]')", "D3137: The argument of the parse function is not JSON: "),
        ('$parse(\'{"a": 1, "a": 1}\')', "D3137: The argument of the parse function is not JSON: "),
        ("$parse('[NaN]')", "D3137: The argument of the parse function is not JSON: "),
        ("$parse($pad('', 100000, '['))", "D3137: The argument of the parse function is not JSON: "),
        ("$hash(1, 'MD5')", 'T0410: Argument 1 of function "hash" does not match function signature'),
        ("$uuid(1)", 'T0410: Argument 1 of function "uuid" does not match function signature'),
    ],
)
def test_arguments_that_do_not_fit_fail_the_expression(text, told):
    """The words tell what is wrong, and no Python error gets out."""
    assert failure_of(text).startswith(f"threw an error during evaluation. {told}")


@pytest.mark.parametrize(
    "text", ["$partition($no, 1)", "$hash($no, 'MD5')", "$parse($no)", "$range($no, 1, 1)", "$range(1, 2, 0)"]
)
def test_nothing_in_nothing_out(text):
    """Of nothing the functions make nothing, as those of the language do."""
    assert "returned nothing (undefined)." == failure_of(text)


# --- results ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "$sum",
        "function($x){$x}",
        "[1, $sum]",
        "{'f': $uuid}",
        "$substring(?, 1)",
        "/a/",
        "{'r': [/a/i]}",
        "$sum ~> $max",
        "|$|{}|",
        "($f := $sum; $f)",
        "/a/('banana')",
    ],
)
def test_a_function_is_no_result(text):
    """Neither as the result nor anywhere in it."""
    assert "returned an unsupported result type." == failure_of(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1/0]", ["Infinity"]),
        ("-1/0", "-Infinity"),
        ("{'a': [1, {'b': 1/0}], 'c': 2}", {"a": [1, {"b": "Infinity"}], "c": 2}),
        ("$sum([1e308, 1e308])", "Infinity"),
    ],
)
def test_what_no_json_number_is_becomes_text(text, value):
    """As AWS has it for `[1/0]`."""
    assert value == value_of(text)


def test_errors_have_their_code_and_limits_have_none():
    """AWS puts a full stop before what has a code and a colon before what has none."""
    assert "threw an error during evaluation. D3137: no" == failure_of("$error('no')")
    assert "threw an error during evaluation. T2001: " == failure_of("'a' + 1")[:41]
    assert failure_of("($f := function(){1 + $f()}; $f())").startswith(
        "threw an error during evaluation: Stack overflow error"
    )


def test_numbers_that_python_cannot_convert_are_out_of_range():
    """Integers of JSON have no limit, and numbers to calculate with have one."""
    assert 10**400 == value_of("$states.input", input=10**400)
    assert "threw an error during evaluation. D1001: Number out of range" == failure_of(
        "$states.input * 1.5", input=10**400
    )


def test_the_location_is_where_the_expression_stands():
    """Names after a slash, indexes in brackets."""
    query = compile_query({"ok": 1, "list": ["{% 1 %}", {"deep": ["{% $no %}"]}]}, "Arguments")

    with pytest.raises(ExpressionFailed) as caught:
        query(Seen())

    assert "Arguments/list[1]/deep[0]" == caught.value.location
    assert "the field 'Arguments/list[1]/deep[0]' returned nothing" in caught.value.cause


@pytest.mark.parametrize(
    ("kind", "source", "shown", "found"),
    [
        ("array", "{% 1 %}", "1", "'number' for value: 1"),
        ("array", "[1]", '"[1]"', "'string' for value: \"[1]\""),
        ("boolean", "{% 'true' %}", "'true'", "'string' for value: \"true\""),
        ("number", "{% true %}", "true", "'boolean' for value: true"),
        ("number", "{% [1/0] %}", "[1/0]", "'array' for value: [\"Infinity\"]"),
        ("string", "{% null %}", "null", "'null' for value: null"),
        ("string", "{% {} %}", "{}", "'object' for value: {}"),
    ],
)
def test_another_type_than_expected_is_a_failure(kind, source, shown, found):
    """The words are AWS's, with the value."""
    with pytest.raises(ExpressionFailed) as caught:
        of_kind(compile_query(source, "F"), kind, source, "F")(Seen())

    told = f"The JSONata expression '{shown}' specified for the field 'F' returned an unexpected result type."
    assert f"{told} Expected '{kind}', but was {found}" == caught.value.cause


# --- what does harm --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1..1e9]", "D2014"),
        ("$range(1, 1e12, 1)", "Expression evaluation memory limit exceeded"),
        ("$pad('a', 1e9)", "Expression evaluation memory limit exceeded"),
        ("($f := function($s){$f($s & $s)}; $f('ab'))", "Expression evaluation memory limit exceeded"),
        ("$reduce([1..100], function($a, $b){$a & $a}, 'ab')", "Expression evaluation memory limit exceeded"),
        ("$reduce([1..100], function($a, $b){$append($a, $a)}, [1])", "Expression evaluation memory limit exceeded"),
        ("($x := [1..10000]; [1..30000].$count($partition($x, 5000)))", "Expression evaluation memory limit exceeded"),
        ("($f := function($n){1 + $f($n + 1)}; $f(0))", "Stack overflow error"),
        ("($f := function($n){[$f($n), $f($n)]}; $f(0))", "Stack overflow error"),
    ],
)
def test_what_grows_without_end_fails_soon(text, told):
    """Before it has taken the memory or the patience of anybody."""
    began = time.process_time()

    assert told in failure_of(text)
    assert time.process_time() - began < 2


def test_pad_adds_262_144_characters_at_most():
    """The characters that are added count, not their bytes and not those of the text (recorded, September 2026)."""
    told = "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory"

    assert told in failure_of("$length($pad('', 262145, 'x'))")
    for text in ("$pad('', 131072, 'x') & $pad('', 131073, 'x')", "$pad($pad('', 131072, 'x'), 262145, 'x')"):
        assert 262_145 == value_of(f"$length({text})")
    assert 262_144 == value_of("$length($pad('', 262144, 'é'))")


def test_a_hundred_nested_evaluations_are_the_limit():
    """Those that a call takes count too, so far fewer calls do."""
    text = "($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(%d))"

    assert 10 == value_of(text % 10)
    assert "Stack overflow error" in failure_of(text % 60)


def test_what_loops_without_growing_fails_too(monkeypatch):
    """A tail call takes no room; the number of them has a limit, so the same ones end on every machine."""
    monkeypatch.setattr(budget, "MAX_SECONDS", 60.0)  # a busy machine's clock is not what is tested
    countdown = "($f := function($n){$n = 0 ? 'done' : $f($n - 1)}; $f(%d))"

    assert "done" == value_of(countdown % MAX_TAIL_CALLS)
    assert "Expression evaluation timeout: Check for infinite loop" in failure_of(countdown % (MAX_TAIL_CALLS + 1))
    assert "Expression evaluation timeout: Check for infinite loop" in failure_of("($f := function(){$f()}; $f())")


def test_the_clock_ends_what_else_takes_long(monkeypatch):
    """Below two seconds, whatever the expression does."""
    assert budget.MAX_SECONDS < 2
    monkeypatch.setattr(budget, "MAX_SECONDS", 0.1)
    began = time.process_time()

    slow = "$count([1..3000].([1..3000].($ * 2)))"
    assert "Expression evaluation timeout: Check for infinite loop" in failure_of(slow)
    assert time.process_time() - began < 1
