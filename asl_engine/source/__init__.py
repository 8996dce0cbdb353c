"""Text to value, and where in the text each part of the value stands."""

from asl_engine.source.document import Document, Duplicate, document_of, parse_document, read_document, read_text

__all__ = ["Document", "Duplicate", "document_of", "parse_document", "read_document", "read_text"]
