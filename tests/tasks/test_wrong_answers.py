"""Answers and errors that cannot be are refused where they are made."""

import pytest

from asl_engine import Answer, TaskError, UsageError


@pytest.mark.parametrize(
    "wrong",
    [{"after": -1}, {"after": float("nan")}, {"after": "soon"}, {"heartbeat_every": 0}, {"heartbeat_every": "often"}],
)
def test_an_answer_at_no_time(wrong):
    with pytest.raises(UsageError, match="cannot come before the question"):
        Answer(1, **wrong)


@pytest.mark.parametrize("wrong", [{"error": 3}, {"cause": {"a": 1}}])
def test_an_answer_fails_with_texts(wrong):
    with pytest.raises(UsageError, match="are texts"):
        Answer(**wrong)


@pytest.mark.parametrize("wrong", [(3,), (None,), ("Busy", 4)])
def test_a_task_fails_with_texts(wrong):
    with pytest.raises(UsageError, match="which are texts"):
        TaskError(*wrong)
