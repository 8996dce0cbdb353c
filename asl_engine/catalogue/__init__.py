"""What is known of services: how a `Resource` names one, what each can do, and how it is called. Facts only.

`resource.py` is the only parser of the text of a `Resource`. What it finds is one of four: a LambdaFunction, an
Activity, an Integration, or Unknown, which says why. An Integration leads to what is known of it: the entry of an
optimised one (`optimised.py`, in the words of `service.py`), and the operation of the SDK that it calls (`sdk.py`).

Rules, mocks, pictures and what performs tasks all ask here, and keep no table of their own. So an optimised integration
is one entry: a further fact of integrations (the IAM actions that each needs, how its job is cancelled) is a member of
`Action` or `Job`, and the functions that change a request or an answer stand beside the entry, pure, over JSON.
"""
