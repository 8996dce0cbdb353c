"""How work is done: which function a Task means, and calling it as AWS Lambda would."""
