"""Regular expressions of JavaScript that cannot hang."""
