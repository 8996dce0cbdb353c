"""The step debugger: commands on standard input, and what is said about them."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pytest
from conftest import chain
from harness import asks, calls, catches, invokes, retries

from asl_engine.cli import main

FUNCTIONS = '''
from asl_engine import Functions
from asl_engine.testing import TaskError

functions = Functions()


@functions.register("add")
def add(event, context):
    with open("calls.txt", "a") as file:
        file.write(f"add {event['n']}\\n")
    return {"n": event["n"] + 1}


@functions.register("fails")
def fails(event, context):
    with open("calls.txt", "a") as file:
        file.write("fails\\n")
    raise TaskError("Busy", "come back later")
'''
PASSES = chain(A={"Type": "Pass"}, B={"Type": "Pass"}, C={"Type": "Pass", "Result": "done"})
ADDS = chain(A=calls("add"), B=calls("add"), C=calls("add"))
BRANCHES = [chain(X={"Type": "Pass"}, Y={"Type": "Pass"}), chain(Z={"Type": "Pass"})]
INSIDE = chain(
    P={"Type": "Parallel", "Branches": BRANCHES, "ResultPath": None},
    M={"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})},
    E={"Type": "Pass"},
)


@pytest.fixture
def debug(tmp_path, monkeypatch, capfdbinary):
    """Debug a machine with commands: `debug(definition, "step", "print")` gives what was said, and the messages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "functions.py").write_text(FUNCTIONS)

    def call(definition, *commands, given=None, code=0):
        (tmp_path / "m.asl.json").write_text(json.dumps(definition))
        arguments = ["--input", json.dumps({} if given is None else given), "--functions", "functions.py"]
        monkeypatch.setattr("sys.argv", ["asl", "debug", "m.asl.json", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{command}\n" for command in commands)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        assert code == end.value.code, err
        return out, err

    return call


def stops(out):
    """Return the names of the states before which it stopped."""
    return re.findall(r"^(?:\(asl\) )*#\d+ .*?  +([^ ].*?) \(\w+(?:, retry \d+)?\)$", out, re.MULTILINE)


def shown(out):
    """Return the last JSON value that was printed."""
    found = re.findall(r"\(asl\) ((?:\{|\[|\"|\d|null).*?)\n(?=\(asl\)|#|SUCCEEDED|FAILED|\?|!)", out, re.DOTALL)
    return json.loads(found[-1])


# --- going on --------------------------------------------------------------------------------------------------------


def test_it_stops_before_the_first_state(debug):
    """With its number, the time, its type and its input; the end of the commands ends the debugger."""
    out, err = debug(PASSES, given={"n": 1})

    assert "#1  0.000 s  A (Pass)\n    input {\"n\": 1}\n" in out
    assert ["A"] == stops(out)
    assert "" == err


@pytest.mark.parametrize("command", ["step", "s", ""])
def test_a_step_leads_to_the_next_state(debug, command):
    """Nothing typed is a step as well."""
    out, _ = debug(PASSES, command, command, command)

    assert ["A", "B", "C"] == stops(out)
    assert 'output of the execution: "done"' in out


def test_steps_lead_into_parallels_and_maps(debug):
    """States inside are indented."""
    out, _ = debug(INSIDE, *["step"] * 9, given=[1, 2])

    assert ["P", {"X", "Y", "Z"}, "M", "I", "I", "E"] == [stops(out)[0], set(stops(out)[1:4]), *stops(out)[4:]]
    assert re.search(r"^(\(asl\) )?#2  0.000 s    X \(Pass\)$", out, re.MULTILINE)


@pytest.mark.parametrize("command", ["next", "n"])
def test_next_leads_past_what_is_inside(debug, command):
    """To the state beside this one."""
    out, _ = debug(INSIDE, command, command, command, given=[1, 2])

    assert ["P", "M", "E"] == stops(out)
    assert "SUCCEEDED" in out


def test_next_inside_goes_out_at_its_end(debug):
    """From the last state of a branch to what follows the Parallel."""
    machine = chain(P={"Type": "Parallel", "Branches": [chain(X={"Type": "Pass"})]}, E={"Type": "Pass"})

    out, _ = debug(machine, "step", "next")

    assert ["P", "X", "E"] == stops(out)


def test_a_distributed_map_is_stepped_through_as_another(debug):
    """Its items are executions of their own, and all the same inside."""
    inner = {**chain(I=calls("add")), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    machine = chain(M={"Type": "Map", "ItemProcessor": inner}, E={"Type": "Pass"})
    items = [{"n": 1}, {"n": 2}]

    assert ["M", "I", "I", "E"] == stops(debug(machine, "step", "step", "step", "step", given=items)[0])
    assert ["M", "E"] == stops(debug(machine, "next", "next", given=items)[0])
    assert 'output of the execution: [{"n": 2}, {"n": 3}]' in debug(machine, "continue", given=items)[0]


@pytest.mark.parametrize("command", ["continue", "c"])
def test_continue_leads_to_the_end(debug, command):
    """The account is what a failed test would show."""
    out, _ = debug(PASSES, command)

    assert ["A"] == stops(out)
    assert "SUCCEEDED after 0.000 s" in out
    assert "  C: succeeded" in out


def test_time_jumps(debug):
    """A wait of a day takes none."""
    out, _ = debug(chain(W={"Type": "Wait", "Seconds": 86_400}, A={"Type": "Pass"}), "step")

    assert "#2  1 d 00:00:00  A (Pass)" in out


# --- breakpoints -----------------------------------------------------------------------------------------------------


def test_a_breakpoint_before_a_state(debug):
    """Also one inside of a Map, for each of its items."""
    out, _ = debug(INSIDE, "break I", "continue", "continue", "continue", given=[7, 8])

    assert ["P", "I", "I"] == stops(out)
    assert "    input 7\n" in out
    assert "    input 8\n" in out


def test_a_breakpoint_after_an_error(debug):
    """It stops before the next state, and tells what went wrong."""
    machine = chain(A={"Type": "Pass"}, B=calls("fails", Catch=catches("D")), C={"Type": "Pass"}, D={"Type": "Pass"})

    out, _ = debug(machine, "break error", "continue")

    assert ["A", "D"] == stops(out)
    assert "! B: Busy: come back later" in out


def test_an_expression_that_fails_is_told_with_its_cause(debug):
    """A query that cannot be evaluated shows what was wrong with it, and its error once."""
    query = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 + 'a' %}"}
    branches = [{"StartAt": "Q", "States": {"Q": {**query, "End": True}}}]
    parallel = {"Type": "Parallel", "Branches": branches, "Catch": catches("C")}

    out, _ = debug(chain(P=parallel, C={"Type": "Pass"}), "break error", "continue")

    assert "! Q: States.QueryEvaluationError: An error occurred while executing the state" in out
    assert "must evaluate to a number" in out


def test_a_breakpoint_after_an_error_of_a_name(debug):
    """Others are passed, also those whose names begin alike."""
    machine = chain(A={"Type": "Pass"}, B=calls("fails", Catch=catches("D")), D={"Type": "Pass"})

    for name in ("Other", "Bus", "come"):
        assert ["A"] == stops(debug(machine, f"break error {name}", "continue")[0])
    assert ["A", "D"] == stops(debug(machine, "break error Busy", "continue")[0])


def test_a_retry_is_a_stop_with_its_number(debug):
    """And news of what failed before it."""
    out, _ = debug(chain(A=calls("fails", Retry=retries("Busy", MaxAttempts=2))), "step", "step", "step")

    assert "#2  1.000 s  A (Task, retry 1)" in out
    assert "#3  3.000 s  A (Task, retry 2)" in out
    assert 2 == out.count("! A: Busy: come back later")
    assert "FAILED after 3.000 s: Busy, come back later" in out


def test_a_breakpoint_where_a_condition_holds(debug):
    """It is JSONata over the input; variables are its variables."""
    out, _ = debug(ADDS, "break if n = 2", "continue", "continue", given={"n": 0})
    assert ["A", "C"] == stops(out)

    out, _ = debug(chain(A={"Type": "Pass", "Assign": {"k": 5}}, B={"Type": "Pass"}), "break if $k > 4", "continue")
    assert ["A", "B"] == stops(out)


def test_a_condition_that_cannot_be_evaluated_does_not_hold(debug):
    """There is no `n` in most inputs, and no number in some."""
    out, _ = debug(PASSES, "break if $sum(n) > 'a'", "continue", given={"n": "text"})

    assert ["A"] == stops(out)
    assert "SUCCEEDED" in out


def test_breakpoints_are_listed(debug):
    """All three kinds; and there are none at first."""
    out, _ = debug(PASSES, "break", "break B", "break error", "b error Busy", "break if n = 2", "b")

    assert "no breakpoints" in out
    assert "'B'\nerror States.ALL\nerror Busy\nif n = 2\n" in out


# --- looking around --------------------------------------------------------------------------------------------------

TASK = calls(
    "add", InputPath="$.a", Parameters={"n.$": "$.n"}, ResultSelector={"m.$": "$.n"}, ResultPath="$.r", Assign={"k": 7}
)


@pytest.mark.parametrize("command", ["print", "print input", "p", "p input"])
def test_the_input_is_shown_whole(debug, command):
    """However long it is."""
    given = {"text": "x" * 1_000}

    assert given == shown(debug(PASSES, command, given=given)[0])


def test_variables_are_shown(debug):
    """Those that the state sees."""
    machine = chain(A=TASK, B={"Type": "Pass"})

    out, _ = debug(machine, "print variables", "step", "print variables", given={"a": {"n": 1}})

    assert {"k": 7} == shown(out)


def test_the_context_object_is_shown(debug):
    """With the state that it stands before, and the item of a Map."""
    out, _ = debug(INSIDE, "break I", "continue", "print context", given=["first"])

    context = shown(out)
    assert ("I", 0, "first") == (context["State"]["Name"], *context["Map"]["Item"].values())


def test_the_stages_are_shown(debug):
    """As far as they are known before the work."""
    out, _ = debug(chain(A=TASK), "print stages", given={"a": {"n": 1}})

    stages = shown(out)
    assert {"input": {"a": {"n": 1}}, "afterInputPath": {"n": 1}, "afterParameters": {"n": 1}} == stages


def test_the_stages_of_a_state_without_work_lead_to_its_output(debug):
    """And tell where it goes."""
    stages = shown(debug(PASSES, "print stages", given={"n": 1})[0])

    assert ({"n": 1}, "B") == (stages["output"], stages["next"])


def test_the_stages_tell_where_a_state_would_fail(debug):
    """Before it does."""
    stages = shown(debug(chain(A=TASK), "print stages", given={"b": 1})[0])

    assert "States.Runtime" == stages["error"]["Error"]


def test_all_stages_of_the_state_before_are_shown(debug):
    """With the result of its work, which is known by then."""
    task = {**TASK, "ResultSelector": {"sum.$": "$.n"}, "ResultPath": "$.r"}
    last = shown(debug(chain(A=task, B={"Type": "Pass"}), "step", "print last", given={"a": {"n": 1}})[0])

    assert ("A", {"n": 2}, {"sum": 2}) == (last["state"], last["result"], last["afterResultSelector"])
    assert {"a": {"n": 1}, "r": {"sum": 2}} == last["afterResultPath"] == last["output"]
    assert "B" == last["next"]


def test_the_last_state_before_a_retry_is_another_one(debug):
    """And where nothing came before, that is said."""
    fails = {**calls("fails"), "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]}

    assert "A" == shown(debug(chain(A={"Type": "Pass"}, B=fails), "step", "step", "print last")[0])["state"]
    assert "asl: this walk begins here: no state was left on it\n" == debug(chain(B=fails), "step", "print last")[1]


def test_the_path_is_shown(debug):
    """The states before this one, and this one."""
    out, _ = debug(PASSES, "step", "step", "print path")

    assert ["A", "B"] == shown(out)[:2]


def test_help_lists_the_commands(debug):
    """And each has a line."""
    out, _ = debug(PASSES, "help", "help step", "help break")

    assert all(word in out for word in ("step", "next", "continue", "back", "goto", "print", "break", "set", "quit"))
    assert "step: go on to the next state, also inside of Parallel and Map." in out


# --- changing --------------------------------------------------------------------------------------------------------


def test_the_input_can_be_changed(debug):
    """The state has it, and so have those that follow."""
    out, _ = debug(ADDS, "step", 'set input {"n": 100}', "print", "continue", given={"n": 0})

    assert {"n": 100} == shown(out)
    assert 'output of the execution: {"n": 102}' in out


def test_a_variable_can_be_changed(debug):
    """From this state on."""
    told = {"Type": "Pass", "Parameters": {"k.$": "$k"}}
    machine = chain(A={"Type": "Pass", "Assign": {"k": 1}}, B={"Type": "Pass"}, C=told)

    assert 'output of the execution: {"k": [9]}' in debug(machine, "step", "set $k [9]", "continue")[0]


# --- going back ------------------------------------------------------------------------------------------------------


def test_back_leads_to_the_stop_before(debug):
    """Or to the one so many stops before."""
    out, _ = debug(PASSES, "step", "step", "back", "step", "back 2", given={"n": 1})

    assert ["A", "B", "C", "B", "C", "A"] == stops(out)


def test_goto_leads_to_a_stop(debug):
    """By its number."""
    assert ["A", "B", "C", "A"] == stops(debug(PASSES, "step", "step", "goto 1")[0])


def test_going_back_calls_no_function_again(debug, tmp_path):
    """What they answered is remembered; what comes after is called once."""
    out, _ = debug(ADDS, "step", "step", "back", "back", "step", "step", "continue", given={"n": 0})

    assert ["A", "B", "C", "B", "A", "B", "C"] == stops(out)
    assert ["add 0", "add 1", "add 2"] == (tmp_path / "calls.txt").read_text().splitlines()
    assert 'output of the execution: {"n": 3}' in out


def test_going_back_from_the_end(debug, tmp_path):
    """The last stop is the one before the end."""
    out, _ = debug(ADDS, "continue", "back", "print", "goto 1", "continue", given={"n": 0})

    assert ["A", "C", "A"] == stops(out)
    assert {"n": 2} == shown(out)
    assert 3 == len((tmp_path / "calls.txt").read_text().splitlines())


def test_a_failure_is_not_called_again_either(debug, tmp_path):
    """Its retries come when they came."""
    machine = chain(A=calls("fails", Retry=retries("Busy", MaxAttempts=1), Catch=catches("B")), B={"Type": "Pass"})

    out, _ = debug(machine, "step", "step", "goto 1", "step", "step", "continue")

    assert ["A", "A", "B", "A", "A", "B"] == stops(out)
    assert ["fails", "fails"] == (tmp_path / "calls.txt").read_text().splitlines()


def test_after_a_change_what_follows_is_called_again(debug, tmp_path):
    """Its input is another one now; what came before is not called."""
    out, _ = debug(ADDS, "step", "step", "back", 'set input {"n": 50}', "continue", given={"n": 0})

    assert ["add 0", "add 1", "add 50", "add 51"] == (tmp_path / "calls.txt").read_text().splitlines()
    assert 'output of the execution: {"n": 52}' in out


def test_a_change_is_kept_when_going_back(debug):
    """Until it is changed again at an earlier stop."""
    out, _ = debug(ADDS, "step", 'set input {"n": 50}', "step", "back", "print", "continue", given={"n": 0})

    assert {"n": 50} == shown(out)
    assert 'output of the execution: {"n": 52}' in out


def test_a_change_at_an_earlier_stop_undoes_the_later_ones(debug):
    """What they changed is another input by now."""
    commands = ["step", 'set input {"n": 50}', "step", "goto 1", 'set input {"n": 7}', "continue"]

    out, _ = debug(ADDS, *commands, given={"n": 0})

    assert 'output of the execution: {"n": 10}' in out


def test_going_back_further_than_the_start_is_the_start(debug):
    """There is nothing before it."""
    assert ["A", "B", "A"] == stops(debug(PASSES, "step", "back 99")[0])


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [calls("unknown"), invokes("unknown", OutputPath="$.Payload"), asks()])
def test_a_task_that_nobody_does_asks_for_its_result(debug, task):
    """The result is what the service would give."""
    result = '{"Payload": 5}' if task.get("OutputPath") else "5"

    out, _ = debug(chain(A=task), "step", f"result {result}", given={"n": 1})

    assert "? A calls what nobody does, with {" in out
    assert "output of the execution: 5" in out


def test_a_result_may_be_nothing(debug):
    """That is null."""
    assert "output of the execution: null" in debug(chain(A=calls("unknown")), "step", "result")[0]


def test_a_task_may_fail(debug):
    """With an error, and a cause of many words; or with just that it failed."""
    machine = chain(A=calls("unknown"))

    assert "FAILED after 0.000 s: Bad, a long cause" in debug(machine, "step", "fail Bad a long cause")[0]
    assert "FAILED after 0.000 s: States.TaskFailed" in debug(machine, "step", "fail")[0]


def test_the_payload_is_shown_whole(debug):
    """It is what the answer depends on."""
    given = {"text": "x" * 1_000}
    machine = chain(A=calls("unknown"))

    for command in ("print payload", "print"):
        assert given == shown(debug(machine, "step", command, "result 1", given=given)[0])


def test_while_a_task_asks_there_is_no_other_state_to_look_into(debug):
    """Which one it would be is not clear where several ask side by side."""
    _, err = debug(chain(A=calls("unknown")), "step", "print stages", "result 1")

    assert "asl: a task asks for an answer" in err


def test_an_answer_is_not_asked_for_again(debug):
    """Going back remembers it as it does a function's."""
    out, _ = debug(chain(A=calls("unknown"), B={"Type": "Pass"}), "step", "result 5", "back", "step", "continue")

    assert 1 == out.count("? A calls what nobody does")
    assert "output of the execution: 5" in out


def test_while_a_task_asks_nothing_else_goes_on(debug):
    """A step is no answer, nor is an empty line; the question stands."""
    machine = chain(A=calls("unknown"), B=calls("unknown"))

    out, err = debug(machine, "step", "result 1", "step", "step", "", "next", "continue", "set input 5", "result 2")

    assert 4 == err.count("asl: a task asks for an answer: `result JSON`, or `fail ERROR [CAUSE]`")
    assert "output of the execution: 2" in out


def test_one_can_go_back_from_a_question(debug):
    """To the state that asks; there, steps are steps, and results answer nothing."""
    machine = chain(A={"Type": "Pass"}, B=calls("unknown"))

    out, err = debug(machine, "step", "step", "back", "result 1", "", "result 2")

    assert ["A", "B", "B"] == stops(out)
    assert "asl: no task asks for an answer" in err
    assert 2 == out.count("? B calls what nobody does")
    assert "output of the execution: 2" in out


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("stpe", "there is no command 'stpe'; `help` lists them"),
        ("goto", "goto takes the number of a stop, which stands before it: goto 3"),
        ("goto x", "goto takes the number of a stop"),
        ("goto ²", "goto takes the number of a stop"),
        ("goto 9", "goto leads back, and 9 is still to come"),
        ("back x", "back takes how many stops to go back: back 2"),
        ("print nothing", "print shows input, variables, context, stages, last, path, not 'nothing'"),
        ("print payload", "print shows input"),
        ("break X", "there is no state 'X'. Known: 'A', 'B', 'C'."),
        ("break if (", "'(' is not a JSONata expression"),
        ("break if", "'' is not a JSONata expression"),
        ("set", "set takes `input JSON` or `$NAME JSON`"),
        ("set k 5", "set takes `input JSON` or `$NAME JSON`"),
        ("set $ 5", "set takes `input JSON` or `$NAME JSON`"),
        ("set input {nope", "'{nope' is not JSON"),
        ("set input", "'' is not JSON"),
        ("set $k", "'' is not JSON"),
        ("result 5", "no task asks for an answer"),
        ("fail Bad", "no task asks for an answer"),
        ("!ls", "there is no command"),
    ],
)
def test_a_mistake_is_told_and_the_next_command_read(debug, command, told):
    """Nothing has gone on meanwhile."""
    out, err = debug(PASSES, command, "step")

    assert told in err
    assert ["A", "B"] == stops(out)


@pytest.mark.parametrize("command", ["step", "next", "continue", "set input 1", "print", "result 1"])
def test_at_the_end_nothing_goes_on(debug, command):
    """Each says so, and going back is possible."""
    out, err = debug(PASSES, "continue", command, "back")

    assert err.startswith("asl: ")
    assert ["A", "C"] == stops(out)


@pytest.mark.parametrize("commands", [("quit",), ("q",), ("step", "quit"), ("continue", "quit"), ("continue",), ()])
def test_it_ends_when_one_has_seen_enough(debug, commands):
    """By a command, or as there are no more."""
    out, err = debug(PASSES, *commands)

    assert "" == err
    assert "A" == stops(out)[0]


def test_the_commands_may_end_while_a_task_asks(debug):
    """No answer is made up."""
    out, err = debug(chain(A=calls("unknown")), "step")

    assert "? A calls what nobody does" in out
    assert ("", False) == (err, "SUCCEEDED" in out)


def test_standard_input_is_not_for_the_input(debug, tmp_path):
    """It has the commands."""
    (tmp_path / "m.asl.json").write_text(json.dumps(PASSES))
    command = [sys.executable, "-m", "asl_engine", "debug", "m.asl.json", "--input", "-"]

    done = subprocess.run(command, input="{}", capture_output=True, text=True, cwd=tmp_path, check=False)

    assert 2 == done.returncode
    assert "standard input has the debugger's commands" in done.stderr


def test_it_is_a_process_that_reads_its_standard_input(tmp_path):
    """As a person types, or as a pipe has it."""
    (tmp_path / "m.asl.json").write_text(json.dumps(PASSES))
    command = [sys.executable, "-m", "asl_engine", "debug", "m.asl.json", "--seed", "7", "--type", "EXPRESS"]

    done = subprocess.run(
        command, input="break C\ncontinue\nprint\nquit\n", capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert ["A", "C"] == stops(done.stdout)
