"""Functions that take time: `Answer(result, after=seconds)` from a task that waits for no token."""

from conftest import START, one_state

from asl_engine import Answer, Functions, StateMachine

CAUGHT = [{"ErrorEquals": ["States.Timeout"], "Next": "TooSlow"}]


def invoking(**fields):
    """A machine that calls the function `work` by lambda:invoke."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "work"},
        "OutputPath": "$.Payload",
    }
    return one_state(**task, **fields)


def test_a_function_takes_virtual_time(run):
    """Five seconds pass on the clock, and the result is the function's, as Lambda returns it."""
    execution = run(invoking(), work=lambda event, context: Answer("done", after=5))

    assert (execution.output, execution.duration) == ("done", 5.0)


def test_a_task_has_no_patience_for_a_slow_function(run):
    """The state's limit passes first: the late result is nobody's."""
    machine = invoking(TimeoutSeconds=10, Catch=CAUGHT)
    machine["States"]["TooSlow"] = {"Type": "Pass", "End": True}

    execution = run(machine, work=lambda event, context: Answer("late", after=15))

    assert (execution.path, execution.duration) == (["S", "TooSlow"], 10.0)


def test_lambda_ends_a_function_at_its_own_limit():
    """A function registered with a timeout of 4 seconds that takes 15 is ended by Lambda after 4."""
    functions = Functions()
    functions.add("work", lambda event, context: Answer("late", after=15), timeout=4)

    execution = StateMachine.from_dict(invoking()).run(functions=functions, start_time=START)

    assert (execution.error, execution.duration) == ("Sandbox.Timedout", 4.0)


def test_a_failure_can_take_its_time(run):
    """The answer is an error, after seven seconds."""
    execution = run(invoking(), work=lambda event, context: Answer(error="Busy", cause="all day", after=7))

    assert (execution.error, execution.cause, execution.duration) == ("Busy", "all day", 7.0)


def test_slow_functions_in_real_time():
    """The clock on the wall does the same, a twentieth of a second here."""
    machine = StateMachine.from_dict(invoking())

    execution = machine.run_realtime(functions={"work": lambda event, context: Answer("done", after=0.05)})

    assert execution.output == "done"
    assert execution.duration >= 0.05
