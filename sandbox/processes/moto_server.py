"""The moto server as the sandbox runs it: without an access log, and with the newest images of each family only.

moto gives every account some 1,300 images, each with a snapshot: half a second of work and megabytes per account.
"""

import logging
import re

import moto.ec2.models.amis as amis
from moto.server import main

KEPT_PER_FAMILY = 3

load_all = amis.load_resource


def load_newest(path):
    families = {}
    for image in load_all(path):
        family = re.sub(r"\d[\d.]*", "", image.get("name") or "")
        families.setdefault(family, []).append(image)
    return [
        image
        for images in families.values()
        # A name ends in its date; not every image says when it was made.
        for image in sorted(images, key=lambda one: one.get("name") or "")[-KEPT_PER_FAMILY:]
    ]


amis.load_resource = load_newest
# A line per call would cost more than many a call.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

if __name__ == "__main__":
    main()
