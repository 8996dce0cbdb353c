"""One state, run once, with every stage of its data flow told: what AWS calls TestState.

A normal run compiles the stages of a state to the shortest function that does them, and nothing of what lies between is
kept. An inspection compiles the same fields anew, each for itself, and notes what each makes; so looking costs a normal
run nothing.

    subject = read_subject(definition)                      the state, checked; from a whole definition by its name
    inspection = Inspection(subject, input, setting)        with variables, a context object, a count of retries
    payload = inspection.enter()                            the first half; None when the state is over already
    inspection.succeed(result) or inspection.fail(error, cause)
    inspection.status, .output, .error, .next_state, .stages

Whoever inspects does the work of a Task, or makes it up: an inspection calls nothing. Map and Parallel are not walked
through; their result is made up too.
"""

from asl_engine.inspection.inspection import Inspection, Setting
from asl_engine.inspection.subject import Subject, read_subject

__all__ = ["Inspection", "Setting", "Subject", "read_subject"]
