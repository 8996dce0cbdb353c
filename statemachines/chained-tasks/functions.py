"""A scale and a price list."""

from asl_engine import Functions

functions = Functions()

PACKAGING_GRAMS = 120
HOME = "PT"
PRICES = [(2_000, 450, 1_190), (5_000, 620, 1_850), (10_000, 890, 2_700)]
"""Up to how many grams, cents at home, cents abroad."""


class TooHeavyError(Exception):
    """No service takes the parcel."""


@functions.register("WeighParcel")
def weigh_parcel(event, context):
    """Add the packaging to the items; the event is the list of items."""
    items = sum(item["grams"] * item["quantity"] for item in event)
    return {"grams": items + PACKAGING_GRAMS, "pieces": sum(item["quantity"] for item in event)}


@functions.register("QuotePostage")
def quote_postage(event, context):
    """Return the cheapest service that takes the weight."""
    grams = event["grams"]
    for most, home_cents, abroad_cents in PRICES:
        if grams <= most and event["country"] == HOME:
            return {"service": "domestic", "cents": home_cents}
        if grams <= most:
            return {"service": "international", "cents": abroad_cents}
    raise TooHeavyError(f"{grams} g is more than the {PRICES[-1][0]} g that a parcel may weigh")
