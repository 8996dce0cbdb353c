"""From a tree to closures, and to generated code where it runs often."""
