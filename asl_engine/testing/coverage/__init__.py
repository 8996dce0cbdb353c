"""Which parts of a state machine the executions of a test run reached, and the reports that say so."""
