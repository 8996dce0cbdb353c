"""The one function of the workflow."""

from asl_engine import Functions

functions = Functions()


@functions.register("SayHello")
def say_hello(event, context):
    return {"greeting": f"Hello, {event['name']}!"}
