"""The flat record of an execution, and its form as AWS writes it, made when somebody reads it.

The kernel appends three references per transition to a plain list: `records += (what, a, b)`. `what` is a compiled
`State` for the common case, a state that was entered with `a` and left with `b`, or one of the `Mark`s below. Ids,
previousEventId, details and JSON text are made by `read_events`; a value that appears many times is printed once. That
layout is what makes recording nearly free (139 ns per transition against 5,203 for eager dicts).

Rules of the links, from recordings:

* the first state of the execution, and what ends it from outside, have previousEventId 0;
* an iteration or branch starts from the Map's or Parallel's `Started` event; a later iteration starts from the last
  event inside the iteration that made room for it;
* `EvaluationFailed` follows the entry of its state, or the work that came since (September 2026);
* `MapStateExited` and `ParallelStateExited` repeat the previousEventId of the `Succeeded` event before them;
* what follows a failed iteration (`MapStateFailed`, the next attempt's `MapStateStarted`) points at the last event
  inside it;
* what a redrive does first in a walk points at the event that entered its state, and `MapRunRedriven` at
  `MapStateStarted`; nothing that has been entered or started is so again. A state that fails at once, such as Fail,
  fails the execution right after `ExecutionRedriven`.
"""

from asl_engine.history.reader import Event, EventReader, error_and_cause, read_events
from asl_engine.history.records import Mark, RecordedFailure, Records, failures_of, memory_of_records, states_entered

__all__ = [
    "Event",
    "EventReader",
    "Mark",
    "RecordedFailure",
    "Records",
    "error_and_cause",
    "failures_of",
    "memory_of_records",
    "read_events",
    "states_entered",
]
