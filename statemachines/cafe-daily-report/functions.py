"""The tills of two cafés, a place for reports, and a manager's mailbox."""

from collections import Counter

from asl_engine import Functions

functions = Functions()

SALES = {
    ("Largo", "2026-03-13"): [
        {"hour": 8, "item": "espresso", "cents": 120, "quantity": 41},
        {"hour": 9, "item": "custard tart", "cents": 150, "quantity": 38},
        {"hour": 10, "item": "espresso", "cents": 120, "quantity": 27},
        {"hour": 13, "item": "toast", "cents": 340, "quantity": 19},
        {"hour": 16, "item": "galão", "cents": 190, "quantity": 22},
    ],
    ("Largo", "2026-03-16"): [],
    ("Praia", "2026-03-13"): [{"hour": 9, "item": "espresso", "cents": None, "quantity": 3}],
}
"""For each café and day, the lines of its till."""

CLOSES_AFTER = {("Largo", "2026-03-13"): 2}
"""How many times a till is found still open. A till that is in neither table is never closed."""


class TillOpenError(Exception):
    """The day is not closed at the till, so its sales are not final."""


attempts = Counter()
published = {}
mailbox = []


def reset():
    """Empty the mailbox and the bucket, and begin the evening again."""
    attempts.clear()
    published.clear()
    mailbox.clear()


@functions.register("ExtractSales")
def extract_sales(event, context):
    till = event["cafe"], event["date"]
    attempts[till] += 1
    if till not in SALES or attempts[till] <= CLOSES_AFTER.get(till, 0):
        raise TillOpenError(f"the till of {event['cafe']} is still open for {event['date']}")
    return {"sales": SALES[till]}


@functions.register("AnalyseSales")
def analyse_sales(event, context):
    """Return the revenue, the best item and the busiest hour; the event is the list of sales."""
    by_item, by_hour = Counter(), Counter()
    for sale in event:
        by_item[sale["item"]] += sale["cents"] * sale["quantity"]
        by_hour[sale["hour"]] += sale["quantity"]
    return {
        "revenue": by_item.total(),
        "bestItem": by_item.most_common(1)[0][0],
        "busiestHour": by_hour.most_common(1)[0][0],
    }


@functions.register("PublishReport")
def publish_report(event, context):
    analysis = event["analysis"]
    text = (
        f"Revenue {analysis['revenue'] / 100:.2f}, "
        f"most of it from {analysis['bestItem']}; busiest hour {analysis['busiestHour']}:00."
    )
    published[event["key"]] = text
    return {"url": f"https://reports.example/{event['key']}", "text": text}


@functions.register("AlertManager")
def alert_manager(event, context):
    mailbox.append(event)
    return {"sent": True}
