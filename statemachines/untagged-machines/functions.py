"""A small cloud of virtual machines, and the mailboxes of those who started them."""

from asl_engine import Functions

functions = Functions()


class IncorrectInstanceStateError(Exception):
    """The machine is in no state in which it can be stopped."""


class Cloud:
    """The machines with their tags and states, and the mail that went out."""

    def __init__(self):
        self.machines = {
            "i-0a11": {"state": "running", "tags": {"Name": "build server", "team": "tools"}},
            "i-0b22": {"state": "running", "tags": {"team": "data"}},
            "i-0c33": {"state": "running", "tags": {"Name": ""}},
            "i-0d44": {"state": "running", "tags": {"aws:autoscaling:groupName": "web"}},
            "i-0e55": {"state": "terminated", "tags": {}},
        }
        self.mail = []


cloud = Cloud()


def reset():
    """Start the machines again."""
    global cloud
    cloud = Cloud()


@functions.register("ReadTags")
def read_tags(event, context):
    return {"tags": cloud.machines[event["instanceId"]]["tags"]}


@functions.register("StopMachine")
def stop_machine(event, context):
    machine = cloud.machines[event["instanceId"]]
    if machine["state"] != "running":
        raise IncorrectInstanceStateError(f"{event['instanceId']} is {machine['state']}")
    machine["state"] = "stopped"
    return {"previousState": "running", "currentState": "stopped"}


@functions.register("TellOwner")
def tell_owner(event, context):
    cloud.mail.append(event)
    return {"sent": True}
