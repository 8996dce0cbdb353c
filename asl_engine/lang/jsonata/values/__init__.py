"""What expressions work with: JSON values, the value that is not there, sequences and functions."""
