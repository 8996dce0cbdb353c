"""AWS's numbers, each once, with the place that says so.

Only what AWS limits stands here. What this engine limits for its own sake (memory, nesting, patience) stands where it
is enforced.
"""

from __future__ import annotations

from typing import Final

# --- a definition ----------------------------------------------------------------------------------------------------

MAX_DEFINITION: Final = 1_048_576
"""The longest definition, in characters (service model, shape `Definition`)."""

MAX_STATE_NAME: Final = 80
"""The longest name of a state, in characters (service model, shape `StateName`)."""

MAX_VARIABLE_NAME: Final = 80
"""The longest name of a variable, in characters (States Language reference)."""

MAX_LABEL: Final = 40
"""The longest `Label` of a Map, in characters (developer guide)."""

MAX_SECONDS: Final = 99_999_999
"""The largest number of seconds, and of attempts, that any field takes (developer guide)."""

MAX_RETRY_DELAY: Final = 31_622_400
"""The longest `MaxDelaySeconds`: 366 days (developer guide)."""

MAX_WAIT: Final = 2.0**31
"""The longest wait in seconds: 24,855 days are taken and 24,856 are not (recorded)."""

# --- an execution ----------------------------------------------------------------------------------------------------

MAX_BYTES: Final = 262_144
"""The largest input, output or result, in bytes of UTF-8 (AWS quota)."""

MAX_VARIABLES: Final = 10 * 1024 * 1024
"""The most that the variables of an execution may hold, in bytes of their text (AWS quota)."""

MAX_EVENTS: Final = 25_000
"""The longest history of a STANDARD execution (AWS quota); event 25,000 is the execution's end."""

LIFETIME: Final = {"STANDARD": 365 * 86_400.0, "EXPRESS": 300.0}
"""How long an execution may last, in seconds (AWS quota)."""

REDRIVABLE_SECONDS: Final = 14 * 86_400
"""How long after its end an execution can be redriven (AWS quota)."""

RETENTION_SECONDS: Final = 90 * 86_400
"""How long after its end an execution is known, with its history and its name (AWS quota)."""

# --- a Map -----------------------------------------------------------------------------------------------------------

INLINE_CONCURRENCY: Final = 40
"""How many iterations of an inline Map run at once at the most (AWS quota)."""

MAX_CHILDREN: Final = 10_000
"""How many child executions of a Map Run run at once when nothing smaller is asked for (AWS quota)."""

MAX_ITEMS: Final = 100_000_000
"""The largest `MaxItems` of a reader (developer guide)."""

MAX_HEADER: Final = 10 * 1024
"""The longest header of a CSV file, in bytes (AWS quota)."""

MAX_RESULT_FILE: Final = 5 * 1024**3
"""The largest result file, in bytes (AWS quota): what does not fit goes into the next one."""

# --- a function ------------------------------------------------------------------------------------------------------

MAX_FUNCTION_SECONDS: Final = 900
"""The longest that a Lambda function may take, in seconds (AWS quota)."""

# --- an account ------------------------------------------------------------------------------------------------------

MAX_MACHINES: Final = 10_000
"""How many state machines an account may have (AWS quota)."""

MAX_ALIASES: Final = 100
"""How many aliases a state machine may have (AWS quota)."""

MAX_VERSIONS: Final = 1_000
"""How many versions a state machine may have (AWS quota)."""

MAX_ACTIVITIES: Final = 10_000
"""How many activities an account may have (AWS quota)."""

MAX_TAGS: Final = 50
"""How many tags a resource may have (AWS quota)."""

# --- the service's operations ----------------------------------------------------------------------------------------

MAX_REDRIVE_TOKENS: Final = 10
"""How many client tokens of redrives an execution remembers (API reference)."""

MAX_DIAGNOSTICS: Final = 100
"""How many findings ValidateStateMachineDefinition lists, unless fewer are asked for (API reference)."""

POLL_SECONDS: Final = 60
"""How long a worker's question for a task of an activity is kept open (API reference)."""

TEST_STATE_SECONDS: Final = 300
"""How long the test of a state may take (AWS quota)."""
