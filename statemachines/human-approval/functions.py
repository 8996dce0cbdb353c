"""People who answer late or never, and a payroll that crashes once.

Each function is called with a task token. On AWS it would send the token to somebody, who answers later; here it says
with an `Answer` who answers what, and when.
"""

from asl_engine import Answer, Functions

functions = Functions()

HOUR = 3600
DAY = 24 * HOUR

HABITS = {
    "grace": [Answer({"approved": True, "by": "grace"}, after=2 * DAY)],
    "omar": [None, Answer({"approved": True, "by": "omar"}, after=1 * DAY)],
    "lena": [None, None],
    "viktor": [Answer({"approved": False, "by": "viktor"}, after=4 * HOUR)],
    "yuki": [Answer(error="RequestWithdrawn", cause="the employee has withdrawn it", after=6 * HOUR)],
    "petra": [Answer({"approved": True, "by": "petra"}, after=4 * DAY)],
    "nobody": [None],
}
"""What each person does when asked for the first time, and when reminded; None is no answer at all."""


@functions.register("AskForApproval")
def ask_for_approval(event, context):
    return HABITS[event["person"]][event["reminders"]]


@functions.register("HandToPayroll")
def hand_to_payroll(event, context):
    """Pay in three hours, with a heartbeat every half hour; the first attempt at a large amount dies in silence."""
    if event["cents"] > 100_000 and event["attempt"] == 0:
        return None
    return Answer({"reference": f"pay-{event['requestId']}"}, after=3 * HOUR, heartbeat_every=HOUR / 2)
