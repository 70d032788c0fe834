"""A list of operations with minio-py, which knows no path in an endpoint: one JSON object of results."""

import hashlib
import io
import json
import os
import sys

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

TARGET = json.loads(sys.argv[1])
BUCKET = TARGET["bucket"]
KEYS = ["plain", "sp ace", "pl+us", "é/日本", "a/b", "per%cent", "x!'()*"]
out = {}
https = TARGET["endpoint"].startswith("https")
pool = urllib3.PoolManager(ca_certs=TARGET.get("ca"), cert_reqs="CERT_REQUIRED") if https else urllib3.PoolManager()
s3 = Minio(
    TARGET["endpoint"].split("://")[1],
    access_key=TARGET["accessKeyId"],
    secret_key=TARGET["secretAccessKey"],
    session_token=TARGET.get("sessionToken"),
    secure=https,
    region="us-east-1",
    http_client=pool,
)
out["exists"] = s3.bucket_exists(BUCKET)
for key in KEYS:
    s3.put_object(BUCKET, key, io.BytesIO(key.encode()), len(key.encode()))
    out["get " + key] = s3.get_object(BUCKET, key).read().decode()
    s3.copy_object(BUCKET, "copy/" + key, CopySource(BUCKET, key))
    out["copy " + key] = s3.get_object(BUCKET, "copy/" + key).read().decode()
large = os.urandom(12_000_000)
s3.put_object(BUCKET, "large", io.BytesIO(large), -1, part_size=5 * 1024 * 1024)
out["large"] = hashlib.sha256(s3.get_object(BUCKET, "large").read()).hexdigest() == hashlib.sha256(large).hexdigest()
out["part"] = len(s3.get_object(BUCKET, "large", offset=100, length=1000).read())
out["stat"] = s3.stat_object(BUCKET, "large").size
out["list"] = sorted(entry.object_name for entry in s3.list_objects(BUCKET, recursive=True))
try:
    s3.stat_object(BUCKET, "missing")
except S3Error as refusal:
    out["missing"] = refusal.code
out["errors"] = [str(error) for error in s3.remove_objects(BUCKET, [DeleteObject(key) for key in KEYS])]
s3.remove_object(BUCKET, "large")
out["after"] = len(list(s3.list_objects(BUCKET, recursive=True)))
json.dump(out, sys.stdout)
