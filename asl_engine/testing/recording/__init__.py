"""Executions that were recorded on AWS: run again, compared, and written as tests.

`recording.py` is a history and what its tasks answered, `likeness.py` whether two values are alike; `replaying.py` runs
one again; `from_history.py` writes a test of it, with values by `literal.py`.
"""
