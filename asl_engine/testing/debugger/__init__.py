"""The step debugger.

An execution runs in virtual time, stops before states, and can go back: it is run again from its start to an earlier
stop, with what its tasks have answered so far, so nothing is called twice. It knows no terminal: a `Front` learns of
stops, and says how to go on.

    rerun.py --> stop.py --> breakpoints.py, front.py --> debugger.py
"""
