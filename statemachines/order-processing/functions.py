"""Customers, transactions and an accounts team, all in memory."""

from asl_engine import Functions

functions = Functions()

TAX_PERCENT = 20


class RecordLockedError(Exception):
    """Somebody else is writing the record; it is worth another try."""


class UnknownCurrencyError(Exception):
    """The books are kept in other currencies."""


class Books:
    """What is written down: customers, the bookings on their accounts, transactions, alerts."""

    def __init__(self):
        self.customers = {
            "c-17": {"name": "Marta Reis", "balance": 12_500, "alertAbove": 100_000},
            "c-42": {"name": "Hotel Aurora", "balance": 310_000, "alertAbove": 350_000},
        }
        self.bookings = {}
        self.transactions = []
        self.alerts = []
        self.locked = {"c-42": 2}
        """How many more attempts find a customer's record locked."""


books = Books()


def reset():
    """Open new books."""
    global books
    books = Books()


@functions.register("AddUpOrder")
def add_up_order(event, context):
    net = sum(item["cents"] * item["quantity"] for item in event["items"])
    tax = (net * TAX_PERCENT + 50) // 100
    return {"net": net, "tax": tax, "gross": net + tax}


@functions.register("UpdateCustomer")
def update_customer(event, context):
    """Add an order to what the customer owes; the same order counts once, however often it comes."""
    customer_id = event["customerId"]
    if books.locked.get(customer_id, 0) > 0:
        books.locked[customer_id] -= 1
        raise RecordLockedError(f"the record of {customer_id} is locked")
    customer = books.customers[customer_id]
    if event["orderId"] not in books.bookings:
        books.bookings[event["orderId"]] = event["cents"]
        customer["balance"] += event["cents"]
    return {"customerId": customer_id, **customer}


@functions.register("WriteTransaction")
def write_transaction(event, context):
    if event["currency"] != "EUR":
        raise UnknownCurrencyError(f"there are no books in {event['currency']}")
    transaction = {"transactionId": f"t-{event['orderId']}", **event}
    books.transactions.append(transaction)
    return transaction


@functions.register("UndoOrder")
def undo_order(event, context):
    """Take an order out of the books again, as far as it got there."""
    cents = books.bookings.pop(event["orderId"], 0)
    books.customers[event["customerId"]]["balance"] -= cents
    before = len(books.transactions)
    books.transactions[:] = [entry for entry in books.transactions if entry["orderId"] != event["orderId"]]
    return {"cents": cents, "transactions": before - len(books.transactions)}


@functions.register("AlertAccounts")
def alert_accounts(event, context):
    books.alerts.append(event["subject"])
    return {"sent": True}
