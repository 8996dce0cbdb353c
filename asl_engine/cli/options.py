"""Options that several commands have."""

from __future__ import annotations

import click

type_option = click.option(
    "--type",
    "type",
    type=click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False),
    default="STANDARD",
    show_default=True,
    help="The type of state machine.",
)

bucket_option = click.option(
    "--bucket", multiple=True, metavar="NAME=FOLDER", help="A folder that stands for a bucket of S3; may be repeated."
)
