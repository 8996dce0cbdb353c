"""Executions in a notebook, where an event loop runs already, and where values draw themselves."""

from __future__ import annotations

import asyncio

from conftest import chain, one_state

from asl_engine import RenderError, StateMachine

TASK = StateMachine.from_dict(one_state(Type="Task", Resource="f"))


def test_real_time_beside_a_running_loop():
    """A plain call works in a cell, and its functions may be asynchronous."""

    async def work(event, context):
        await asyncio.sleep(0)
        return event + 1

    async def notebook():
        return TASK.run_realtime(1, {"f": work})

    assert 2 == asyncio.run(notebook()).output


def test_an_execution_draws_itself():
    """With the way that it went; its redrive too."""
    execution = TASK.run({}, {"f": lambda event, context: 1 / 0})
    redriven = execution.redrive({"f": lambda event, context: 1})

    assert execution._repr_svg_() == TASK.render(execution=execution)
    assert redriven._repr_svg_() == TASK.render(execution=redriven)


def test_where_nothing_can_draw_there_is_text(monkeypatch):
    """Without the libraries of graphviz a notebook shows the text of a value, and no traceback."""

    def missing(*arguments):
        raise RenderError("graphviz is missing")

    monkeypatch.setattr("asl_engine.render.draw.draw", missing)
    machine = StateMachine.from_dict(chain(A={"Type": "Pass"}))

    assert (None, None) == (machine._repr_svg_(), machine.run()._repr_svg_())
