"""What the expressions of a document mean: from text to functions. Knows nothing of states."""
