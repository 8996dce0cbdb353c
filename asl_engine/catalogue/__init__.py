"""What is known of services: how a `Resource` names one, what each can do, and how it is called. Facts only."""
