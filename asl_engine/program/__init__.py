"""What to do: the document compiled to slotted objects and plain functions."""
