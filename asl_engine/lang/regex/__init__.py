"""Regular expressions that cannot hang, for both languages: JSONata's `/.../` and the `=~` of JSONPath's filters."""
