"""Tasks done by AWS services, as `catalogue/` describes them, reached with boto3 at an endpoint (extra `server`)."""
