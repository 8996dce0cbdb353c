"""Two soda machines, and what people do in front of them."""

from asl_engine import Answer, Functions

functions = Functions()

COLA, WATER, LEMON, ORANGE = "A1", "A2", "B1", "B2"

SHELF = {
    COLA: {"drink": "Cola", "cents": 180, "left": 2},
    WATER: {"drink": "Water", "cents": 120, "left": 9},
    LEMON: {"drink": "Lemonade", "cents": 160, "left": 0},
    ORANGE: {"drink": "Orangeade", "cents": 160, "left": 4},
}
STUCK = {ORANGE: 1}
"""How often the can of a slot stays stuck before it falls."""

NOBODY = None
"""The panel is not touched for so long that the machine stops waiting."""

PEOPLE = {
    "lobby": [
        (40, {"event": "coin", "cents": 200}),
        (3, {"event": "selection", "slot": COLA}),
        (65, {"event": "coin", "cents": 100}),
        (2, {"event": "selection", "slot": LEMON}),
        (4, {"event": "coin", "cents": 5}),
        (5, {"event": "selection", "slot": ORANGE}),
        (8, {"event": "coin", "cents": 50}),
        (1, {"event": "coin", "cents": 10}),
        (2, {"event": "selection", "slot": ORANGE}),
        (30, {"event": "coin", "cents": 20}),
        NOBODY,
        (15, {"event": "switch off"}),
    ],
    "platform 2": [
        (5, {"event": "coin", "cents": 50}),
        (2, {"event": "coin", "cents": 50}),
        (4, {"event": "selection", "slot": WATER}),
        (9, {"event": "coin return"}),
        (20, {"event": "switch off"}),
    ],
}
"""For each machine: after how many seconds somebody does what."""


class CanStuckError(Exception):
    """The motor turned, and no can fell."""


class SodaMachine:
    """The machine itself: what is in it, and what it has shown and sold."""

    def __init__(self, name):
        self.people = iter(PEOPLE[name])
        self.shelf = {slot: dict(content) for slot, content in SHELF.items()}
        self.stuck = dict(STUCK)
        self.display = []
        self.sold = []
        self.takings = 0
        self.returned = 0


machines = {}


def reset():
    """Forget all machines; each comes back new when it is switched on."""
    machines.clear()


@functions.register("SodaSwitchOn")
def switch_on(event, context):
    machines[event["machine"]] = SodaMachine(event["machine"])
    return {"machine": event["machine"]}


@functions.register("SodaFrontPanel")
def front_panel(event, context):
    """Keep the task token until somebody touches the panel; here the next person in the script does."""
    touch = next(machines[event["machine"]].people, (0, {"event": "switch off"}))
    if touch is NOBODY:
        return None
    seconds, what = touch
    return Answer(what, after=seconds)


@functions.register("SodaDisplay")
def display(event, context):
    machines[event["machine"]].display.append(event["text"])
    return {"shown": event["text"]}


@functions.register("SodaShelf")
def look_at_shelf(event, context):
    return {"slot": event["slot"], **machines[event["machine"]].shelf[event["slot"]]}


@functions.register("SodaVend")
def vend(event, context):
    machine, slot = machines[event["machine"]], event["slot"]
    if machine.stuck.get(slot, 0) > 0:
        machine.stuck[slot] -= 1
        raise CanStuckError(f"nothing fell out of {slot}")
    content = machine.shelf[slot]
    content["left"] -= 1
    machine.sold.append(content["drink"])
    machine.takings += content["cents"]
    return {"drink": content["drink"], "change": event["paid"] - content["cents"]}


@functions.register("SodaCoinReturn")
def coin_return(event, context):
    machines[event["machine"]].returned += event["cents"]
    return {"returned": event["cents"]}


@functions.register("SodaSwitchOff")
def switch_off(event, context):
    """Give back what is still in the slot, and report the day."""
    machine = machines[event["machine"]]
    return {
        "machine": event["machine"],
        "drinks": event["drinks"],
        "sold": machine.sold,
        "takings": machine.takings,
        "returned": machine.returned + event["credit"],
        "shown": machine.display,
    }
