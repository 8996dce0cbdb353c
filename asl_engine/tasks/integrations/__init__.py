"""Tasks done by AWS services, reached with boto3 at an endpoint; one service, one file. Needs the `server` extra."""
