"""The interpreter, without I/O. Theory of operation.

An execution is a *kernel* that turns *events* (what happened) into *commands* (what to do). It never acts: a *driver*
carries the commands out and reports back with events. So time, threads, disks and networks are the driver's, and
everything that AWS specifies is here.

The execution's memory is a tree of *frames*, each one walk through one `States` block. The root frame walks through the
machine; a Parallel or Map state *forks* child frames, one for each branch or iteration, and stands still until they are
*joined*. A frame stands in one state, with that state's raw input.

Each state, when entered, is asked for one *move* (`program/program.py`): it is done, failed, wants to sleep, to have
a resource invoked, or to fork. `Kernel.walk` makes moves in a loop: Pass, Choice, Succeed, Fail and forks never leave
it, so a thousand Pass states are a thousand turns of one loop. A frame that must wait leaves an *op* in `waiting`, and
a command with that op goes out; the event that comes back names the op, and the walk goes on. An op is made of the
position alone (walk, state, visit, attempt), so it is the same after a restore: it is journal key, idempotency key and
task token.

A sleep remembers the move that follows: `Enter` for a retry's delay, `Done` for a Wait, `TimedOut` for a time limit. So
there is no flag that says why a frame waits, and a waiting frame can be written as JSON (`snapshot.py`) and restored
elsewhere.

A calculation can be long. A driver that has more to do sets `is_spent`, which tells whether the kernel has used up
what it may do at once; the kernel has no clock, and asks between two transitions, before a failure is handled, and
between two items that a Map shapes. When it is, the walk joins those that
are ready, `Continue` goes out, and `Continued` lets them go on: so time limits, stops and other executions come in
between.

A failure climbs: the state's retriers, its catchers, then the frame ends and the state around it fails with the same
error and cause. `failures.py` says who may handle what.

The files: `memory.py` is all that is remembered, `record.py` what is written down; each file above them takes a memory
and returns moves. `kernel.py` is the contract, the walk and the failures' climb; `attempts.py` what is asked of the
outside and what its answers mean; `forks.py` the walks side by side; `map_runs.py` and `redrive.py` what they say;
`failures.py` who may handle what; `sizes.py` the 256 KiB limit; `events.py`, `commands.py` and `identity.py` the
vocabulary; `snapshot.py` the whole as JSON, `copies.py` a second time.

Everything is written down as it happens, as three references a transition; `history/` reads that as AWS's events.
Between two events every fact is in the memory.
"""

from asl_engine.kernel.commands import DEADLINE, Cancel, Command, Continue, StartMapRun, StartTask, StartTimer
from asl_engine.kernel.events import (
    ActivityStarted,
    Continued,
    Event,
    ExecutionBroken,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    MapRunFailed,
    MapRunSucceeded,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.identity import Identity
from asl_engine.kernel.kernel import Kernel

__all__ = [
    "DEADLINE",
    "ActivityStarted",
    "Cancel",
    "Command",
    "Continue",
    "Continued",
    "Event",
    "ExecutionBroken",
    "ExecutionRedriven",
    "ExecutionStarted",
    "ExecutionStopped",
    "Identity",
    "Kernel",
    "MapRunFailed",
    "MapRunSucceeded",
    "StartMapRun",
    "StartTask",
    "StartTimer",
    "TaskFailed",
    "TaskHeartbeat",
    "TaskSubmitted",
    "TaskSucceeded",
    "TimerFired",
]
