"""Numbers that no float and no service can hold end an execution or a check in words, and never in Python's."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from asl_engine import AslError, StateMachine, UsageError, check_text
from asl_engine.testing.exploration import explore
from asl_engine.values import json_text, parse_json

HUGE = ["9" * 4_000, "-" + "9" * 4_000, "1" + "0" * 400, "1e308", "-1e308", "5e-324", "9223372036854775808"]
UNREADABLE = ["9" * 5_000, "1e400", "-1e999", "0.1e310"]

TASK = {"Type": "Task", "Resource": "f", "End": True}
MAP = {"Type": "Map", "ItemsPath": "$.l", "End": True, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}}  # fmt: skip
FIELDS = {
    "Seconds": {"Type": "Wait", "End": True},
    "TimeoutSeconds": TASK,
    "HeartbeatSeconds": TASK,
    "MaxConcurrency": MAP,
    "ToleratedFailureCount": MAP,
    "ToleratedFailurePercentage": MAP,
}
RETRIES = ["MaxAttempts", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds"]
INTRINSICS = [
    "MathAdd($.n, 1)", "MathAdd(NUMBER, 1)", "MathRandom(0, $.n)", "ArrayRange(0, $.n, 1)", "ArrayPartition($.l, $.n)",
    "ArrayGetItem($.l, $.n)", "Format('{}', $.n)", "JsonToString($.n)", "StringToJson('NUMBER')",
    "ArrayContains($.l, $.n)", "ArrayUnique($.l)", "Hash($.n, 'MD5')",
]  # fmt: skip
PATHS = ["$.l[NUMBER]", "$.l[NUMBER:]", "$.l[::NUMBER]", "$.l[?(@ > NUMBER)]", "$.l[0,NUMBER]"]
EXPRESSIONS = """$n + 1;$n * $n;$n % 7;7 % $n;-$n;$string($n);$round($n, 2);$round(1.5, $n);$floor($n);$sqrt($n)
$power($n, 2);$power(2, $n);$formatNumber($n, '#.##e0');$formatBase($n, 16);$formatBase(1, $n);$formatInteger($n, 'w')
$formatInteger($n, 'I');$formatInteger($n, 'Ww;o');$fromMillis($n);$fromMillis($n, '[Y]');$pad('a', $n)
$substring('abc', $n);$l[$n];[1..$n];[$n..$n + 2];$range(0, $n, 1);$partition($l, $n);$random($n);$sum($l);$average($l)
$max($l);$n = $n + 1;$n > 1;$sort($l);$hash($n);$split('a,b', ',', $n);$replace('aaa', 'a', 'b', $n);$toMillis('NUMBER')
$match('aaa', /a/, $n);$n & '';$parse('[NUMBER]');NUMBER;$millis() + $n;$n in $l;$l^(>$);$number('NUMBER')"""


def states():
    """Yield a state for each place that a number can come to; `NUMBER` stands for it, and so does `$.n`."""
    for field, state in FIELDS.items():
        yield {**state, field: "NUMBER"}
        yield {**state, f"{field}Path": "$.n"}
        if state is not MAP:
            yield {**state, "QueryLanguage": "JSONata", field: "{% $states.input.n %}"}
    yield from ({**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], name: "NUMBER"}]} for name in RETRIES)
    yield from ({"Type": "Pass", "Parameters": {"a.$": f"States.{call}"}, "End": True} for call in INTRINSICS)
    yield from ({"Type": "Pass", "InputPath": path, "End": True} for path in PATHS)
    for text in EXPRESSIONS.replace("\n", ";").split(";"):
        expression = text.replace("$n", "$states.input.n").replace("$l", "$states.input.l")
        yield {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {expression} %}}", "End": True}


STATES = list(states())


@pytest.mark.parametrize("number", HUGE + UNREADABLE, ids=lambda number: f"{number[:12]}-{len(number)}")
def test_a_huge_number_anywhere_has_an_end_in_words(number):
    """As a field, from an input, in paths, intrinsics and expressions: it succeeds, fails by a name, or is refused."""
    value = parse_json(f'{{"l": [1, {number}], "n": {number}}}') if number in HUGE else {"l": [1, 2], "n": 1}
    for state in STATES:
        text = json.dumps({"StartAt": "S", "States": {"S": state}}).replace('"NUMBER"', number)
        text = text.replace("NUMBER", number)
        check_text(text)
        try:
            machine = StateMachine.from_text(text)
        except AslError:
            continue
        execution = machine.run(value, {"f": lambda event, context: 1}, start_time=0)
        json_text(execution.output)
        list(execution.history)
        assert execution.error is None or execution.error.startswith("States."), (state, execution.error)
        assert "OverflowError" not in str(execution.cause), state
        assert "digits" not in str(execution.cause), state


@pytest.mark.parametrize("notation", ["0x" + "f" * 5_000, "0o" + "7" * 5_000, "9" * 5_000, "0x" + "f" * 299, "1e400"])
@pytest.mark.parametrize("field", ["Seconds", "Comment"])
def test_a_huge_number_of_yaml_is_refused_or_a_text(notation, field):
    """YAML has four notations of numbers; none of them asks Python for more digits than it converts."""
    text = f"StartAt: W\nStates:\n  W:\n    Type: Wait\n    End: true\n    {field}: {notation}\n"
    assert not check_text(text).valid or field == "Comment"


@pytest.mark.parametrize("moment", [10**400, -(10**400), float("inf"), float("nan"), datetime.min, "9" * 5_000])
def test_a_start_beyond_all_times_is_refused(moment):
    """Whatever kind of moment it is."""
    machine = StateMachine.from_dict({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
    with pytest.raises(UsageError, match="start time"):
        machine.run({}, start_time=moment)


@pytest.mark.parametrize("expression", ["$.n == 9", "$.n[NUMBER] > NUMBER", "$states.input.n = NUMBER.NUMBER"])
def test_exploring_guesses_no_huge_number(expression):
    """What is compared with more digits than Python converts is explored with fewer."""
    rule = {"Condition": f"{{% {expression.replace('NUMBER', '9' * 5_000)} %}}", "Next": "E"}
    states = {"S": {"Type": "Choice", "Choices": [rule], "Default": "E"}, "E": {"Type": "Succeed"}}
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": states}
    try:
        machine = StateMachine.from_dict(definition)
    except AslError:
        return
    assert explore(machine).runs
