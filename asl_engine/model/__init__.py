"""The document as its author wrote it, typed; shape only."""
