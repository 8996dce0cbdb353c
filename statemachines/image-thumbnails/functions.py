"""A bucket of images, one of which is none, and an album that shows what went wrong."""

from collections import Counter

from asl_engine import Functions

functions = Functions()

BUCKET = {
    "lighthouse.jpg": {"width": 4032, "height": 3024},
    "boats.jpg": {"width": 3000, "height": 2000},
    "shopping-list.pdf": None,
    "logo.png": {"width": 160, "height": 160},
    "nets.jpg": {"width": 2400, "height": 3600},
    "gulls.jpg": {"width": 1920, "height": 1080},
}
BUSY = {"boats.jpg": 1}
"""How many times the bucket is too busy to give an object."""


class NotAnImageError(Exception):
    """The object has none of the formats that can be read."""


class SlowDownError(Exception):
    """The bucket gets too many requests."""


reads = Counter()
reports = []


def reset():
    """Forget who has read what, and the reports."""
    reads.clear()
    reports.clear()


@functions.register("ReadImage")
def read_image(event, context):
    key = event["key"]
    reads[key] += 1
    if reads[key] <= BUSY.get(key, 0):
        raise SlowDownError("please reduce your request rate")
    if key not in BUCKET:
        raise FileNotFoundError(f"there is no {key}")
    if BUCKET[key] is None:
        raise NotAnImageError(f"{key} is no image")
    return BUCKET[key]


@functions.register("ShrinkImage", memory_mb=1024)
def shrink_image(event, context):
    """Return the size of the thumbnail, in the proportions of the image."""
    image, width = event["image"], event["width"]
    height = round(image["height"] * width / image["width"])
    return {"key": event["key"], "thumbnail": event["thumbnail"], "height": height}


@functions.register("ReportBadImages")
def report_bad_images(event, context):
    reports.append({"album": event["album"], "images": [image["key"] for image in event["bad"]]})
    return {"sent": True}
