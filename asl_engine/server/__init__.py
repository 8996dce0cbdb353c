"""An endpoint that speaks the protocol of AWS Step Functions. Needs the `server` extra."""
