"""The functions of the language (`$sum`, `$map`, ...)."""
