"""A bucket with three uploads, an encoder that takes its time, and a mailbox."""

from asl_engine import Functions

functions = Functions()

MINUTES_PER_RENDITION = {"2160p": 4, "1080p": 2, "480p": 1}


class UnreadableFileError(Exception):
    """The file is no video, or a damaged one."""


class QueueFullError(Exception):
    """The encoder takes no more jobs for the moment."""


class Studio:
    """The bucket's uploads, the encoder's jobs and outputs, the catalogue and the mail."""

    def __init__(self):
        self.uploads = {
            "harbour.mov": {"height": 2160, "seconds": 754},
            "interview.mp4": {"height": 1080, "seconds": 1820, "damagedFor": "1080p"},
            "phone.mp4": {"height": 640, "seconds": 31},
            "notes.docx": {},
        }
        self.refusals = 1
        self.jobs = {}
        self.outputs = {}
        self.catalogue = {}
        self.mail = []


studio = Studio()


def reset():
    """Put everything back to where it was before the first upload was looked at."""
    global studio
    studio = Studio()


@functions.register("InspectVideo")
def inspect_video(event, context):
    upload = studio.uploads[event["key"]]
    if "height" not in upload:
        raise UnreadableFileError(f"{event['key']} has no video stream")
    return {"height": upload["height"], "seconds": upload["seconds"], "codec": "h264"}


@functions.register("StartEncoding")
def start_encoding(event, context):
    """Queue a job; the 2160p queue is full the first time."""
    name, key = event["rendition"]["name"], event["upload"]["key"]
    if name == "2160p" and studio.refusals > 0:
        studio.refusals -= 1
        raise QueueFullError("the queue for 2160p is full")
    job_id = f"job-{len(studio.jobs) + 1}"
    fails = studio.uploads[key].get("damagedFor") == name
    studio.jobs[job_id] = {"name": name, "target": event["target"], "left": MINUTES_PER_RENDITION[name], "fails": fails}
    return {"jobId": job_id}


@functions.register("DescribeEncoding")
def describe_encoding(event, context):
    """Say how a job is doing; it gets on by a minute between two questions."""
    job = studio.jobs[event["jobId"]]
    job["left"] -= 1
    if job["left"] > 0:
        status, message = "PROGRESSING", f"{job['left']} min left"
    elif job["fails"]:
        status, message = "ERROR", "a frame in the source cannot be decoded"
    else:
        status, message = "COMPLETE", "done"
        studio.outputs[job["target"]] = job["name"]
    return {"jobId": event["jobId"], "status": status, "message": message}


@functions.register("PublishVideo")
def publish_video(event, context):
    playlist = f"videos/{event['videoId']}/index.m3u8"
    names = [rendition["name"] for rendition in event["renditions"]]
    studio.catalogue[event["title"]] = playlist
    return {"title": event["title"], "seconds": event["seconds"], "playlist": playlist, "renditions": names}


@functions.register("MoveObject")
def move_object(event, context):
    studio.uploads[event["to"]] = studio.uploads.pop(event["from"])
    return {"key": event["to"]}


@functions.register("DeleteRenditions")
def delete_renditions(event, context):
    doomed = [key for key in studio.outputs if key.startswith(event["prefix"])]
    for key in doomed:
        del studio.outputs[key]
    return {"count": len(doomed)}


@functions.register("TellUploader")
def tell_uploader(event, context):
    studio.mail.append(event)
    return {"sent": True}
