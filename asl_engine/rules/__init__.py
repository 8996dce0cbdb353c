"""What AWS refuses and what is likely a mistake: one rule, one function, one code."""
