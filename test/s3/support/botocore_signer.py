"""Signs requests with botocore: reads a JSON list from standard input, writes the list of signatures."""

import json
import sys

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def sign(case):
    credentials = Credentials(case["accessKeyId"], case["secretAccessKey"])
    auth = S3SigV4Auth(credentials, "s3", case["region"])
    request = AWSRequest(method=case["method"], url="http://" + case["host"] + case["target"], headers={})
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    request.context["timestamp"] = case["amzDate"]
    canonical = auth.canonical_request(request)
    return auth.signature(auth.string_to_sign(request, canonical), request)


json.dump([sign(case) for case in json.load(sys.stdin)], sys.stdout)
