"""What a definition of any shape may cost to be checked: processor time, whatever its author had in mind."""

import json
import time

import pytest

from asl_engine import check_text
from asl_engine.rules.check import check_source


def misspelt_transitions(count=1_500):
    """Every state leads to one that is not there and has nearly its name."""
    states = {f"Check the order {n}": {"Type": "Pass", "Next": f"Chek the order {n}"} for n in range(count)}
    return json.dumps({"StartAt": "Check the order 0", "States": states})


def variables_along_a_chain(count=3_000):
    """Every state assigns a variable, and reads that of the first."""
    states = {f"S{n}": {"Type": "Pass", "Assign": {f"v{n}.$": "$v0"}, "Next": f"S{n + 1}"} for n in range(count)}
    return json.dumps({"StartAt": "S0", "States": {**states, f"S{count}": {"Type": "Succeed"}}})


def variables_against_the_order(count=3_000):
    """A chain whose states stand in the document from the last to the first."""
    states = {f"S{n}": {"Type": "Pass", "Assign": {f"v{n}.$": "$v0"}, "Next": f"S{n + 1}"} for n in range(count)}
    return json.dumps(
        {"StartAt": "S0", "States": {"S" + str(count): {"Type": "Succeed"}, **dict(reversed(states.items()))}}
    )


def misspelt_actions(count=3_000):
    """Every state calls another action that is nearly one of hundreds."""
    states = {f"S{n}": {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:ec2:descriibeInstance{n}",
                        "Next": f"S{n + 1}"} for n in range(count)}  # fmt: skip
    return json.dumps({"StartAt": "S0", "States": {**states, f"S{count}": {"Type": "Succeed"}}})


def quotes_without_an_end(count=200_000):
    """A text that begins, and goes on to the end of the document."""
    return '{"StartAt": ${A}, "States": "' + '\\"' * count


def definitions_with_a_repeated_key(count=2_000):
    """A template of many definitions, each of which has a key twice."""
    definition = '{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    machine = f'{{"Type": "AWS::StepFunctions::StateMachine", "Properties": {{"Definition": {definition}}}}}'
    return '{"Resources": {' + ", ".join(f'"M{n}": {machine}' for n in range(count)) + "}}"


def broken_expressions(count=4_000):
    """Each of many expressions has a mistake that is to be explained."""
    output = {f"a{n}": f"{{% b{n} + %}}" for n in range(count)}
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {
        "Type": "Pass", "Assign": {"x": 1}, "Output": output, "End": True}}})  # fmt: skip


def names_of_nearly_the_same_letters(length=100_000):
    """Two names that would take hours to compare."""
    letters = "".join(chr(0x4E00 + n * 7 % 211) for n in range(length))
    return json.dumps({"StartAt": f"{letters}!", "States": {letters: {"Type": "Succeed"}}})


@pytest.mark.parametrize(
    "text",
    [
        misspelt_transitions(),
        variables_along_a_chain(),
        variables_against_the_order(),
        misspelt_actions(),
        quotes_without_an_end(),
        names_of_nearly_the_same_letters(),
        broken_expressions(),
        '{"StartAt": ' + "${" * 200_000,
        '{"StartAt": ' + "${${A}" * 50_000,
    ],
    ids=["misspelt", "variables", "backwards", "actions", "quotes", "long names", "JSONata", "bare", "bare and closed"],
)  # fmt: skip
def test_a_definition_is_checked_in_the_time_that_its_length_allows(text):
    """Names are not compared each with each, sets of variables are not copied, texts are not read again and again."""
    began = time.process_time()
    report = check_text(text)
    assert report.diagnostics or "v0" in text
    assert time.process_time() - began < 5


def test_a_text_in_a_template_with_a_mistake_in_its_only_line():
    """The place of the mistake is found by one walk over the text, also when it has no line breaks."""
    text = '{"StartAt": "A", "Comment": "' + "x" * 300_000 + '" "States": {}}'
    template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "DefinitionString": text}}}}  # fmt: skip
    began = time.process_time()
    [finding] = check_source(json.dumps(template), "template.json").diagnostics
    assert (finding.code, finding.line) == ("ASL001", 1)
    assert time.process_time() - began < 5


def test_a_template_of_many_definitions_is_gone_through_once():
    """What repeats in the template is not looked for anew for each definition in it."""
    began = time.process_time()
    report = check_source(definitions_with_a_repeated_key(), "template.json")
    assert ["ASL002"] * 2_000 == [finding.code for finding in report.diagnostics]
    assert time.process_time() - began < 5


def test_a_rule_lists_a_bounded_number_of_findings_and_says_so():
    """Each rule for itself: whatever one has to say, what another says of the same definition is there, too."""
    states = {f"S{n}": {"Type": "Pass", "Next": "Nowhere"} for n in range(1_500)}
    report = check_text(json.dumps({"StartAt": "S0", "States": {**states, "E" * 81: {"Type": "Succeed"}}}))
    dangling = [finding for finding in report.diagnostics if finding.code == "ASL201"]
    assert len(dangling) == 1_000
    assert dangling[-1].text.endswith("There are more findings of this kind than the 1,000 listed.")
    assert "ASL801" in {finding.code for finding in report.diagnostics}


def test_numbers_of_yaml_that_are_too_long_are_texts():
    """A number in base 16 or 8 with thousands of digits is refused as a wrong type, not by Python's limit of digits."""
    for digits in ("0x" + "f" * 5_000, "0o" + "7" * 5_000):
        report = check_text(f"StartAt: A\nTimeoutSeconds: {digits}\nStates:\n  A: {{Type: Succeed}}\n")
        assert ["ASL407"] == [finding.code for finding in report.diagnostics]


def test_aliases_of_long_texts_are_counted_by_their_length():
    """A short document whose aliases make gigabytes of text is refused before anything is made of it."""
    lines = ["StartAt: A", f"Comment: &long {'x' * 100_000}", "States:", "  A:", "    Type: Pass", "    End: true"]
    many = ", ".join(["*long"] * 10_000)
    report = check_text("\n".join([*lines, f"    Result: [{many}]"]))
    assert "once aliases are followed" in report.diagnostics[0].message


def test_a_long_expression_is_read_once_for_all_rules():
    """And one that is longer than any is not read at all."""
    for items in (8_000, 100_000):
        state = {"Type": "Pass", "End": True, "Output": "{% [" + ", ".join(["$a.b"] * items) + "] %}"}
        began = time.process_time()
        check_text(json.dumps({"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": state}}))
        assert time.process_time() - began < 4


@pytest.mark.parametrize("operand", ["1", "$a"])
def test_a_long_sum_is_checked_although_it_is_too_deep_to_run(operand):
    state = {"Type": "Pass", "End": True, "Output": "{% " + " + ".join([operand] * 5_000) + " %}"}
    check_text(json.dumps({"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": state}}))
