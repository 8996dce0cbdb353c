"""Numbers and times as text after a picture (`#,##0.00`, `[Y0001]-[M01]`), and back."""
