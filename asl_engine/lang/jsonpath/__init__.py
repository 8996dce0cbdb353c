"""Paths, intrinsic calls and payload templates: the language of a machine that does not say `JSONata`."""
