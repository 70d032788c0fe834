"""A list of operations with boto3: one JSON object of results, the same for every endpoint that works."""

import hashlib
import io
import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TARGET = json.loads(sys.argv[1])
BUCKET = TARGET["bucket"]
KEYS = ["plain", "sp ace", "pl+us", "é/日本", "a//b", "per%cent", "a&b=c;d", "x!'()*", "tilde~", "q?x#y", "a%2Fb", "🐦"]
SIZES = [0, 1, 8191, 8192, 65537, 9_000_000, 200 * 1024 * 1024]
out = {}


def client(**config):
    return boto3.client(
        "s3",
        endpoint_url=TARGET["endpoint"],
        aws_access_key_id=TARGET["accessKeyId"],
        aws_secret_access_key=TARGET["secretAccessKey"],
        aws_session_token=TARGET.get("sessionToken"),
        region_name="us-east-1",
        verify=TARGET.get("ca", False) or True,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **config),
    )


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def error(call):
    try:
        call()
    except ClientError as refusal:
        return [refusal.response["ResponseMetadata"]["HTTPStatusCode"], refusal.response["Error"]["Code"]]
    return "no error"


s3 = client()
for key in KEYS:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), Metadata={"a": "b  c"}, ContentType="text/x-test")
    got = s3.get_object(Bucket=BUCKET, Key=key)
    out["get " + key] = [digest(got["Body"].read()), got["Metadata"], got["ContentType"]]
    s3.copy_object(Bucket=BUCKET, Key="copy/" + key, CopySource={"Bucket": BUCKET, "Key": key})
    out["copy " + key] = digest(s3.get_object(Bucket=BUCKET, Key="copy/" + key)["Body"].read())
out["list"] = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
out["list v1"] = [entry["Key"] for entry in s3.list_objects(Bucket=BUCKET, Delimiter="/").get("Contents", [])]
out["prefixes"] = [entry["Prefix"] for entry in s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")["CommonPrefixes"]]
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 5})
out["pages"] = sum(page["KeyCount"] for page in pages)

for size in SIZES:
    body = os.urandom(size)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, f"size/{size}")
    back = io.BytesIO()
    s3.download_fileobj(BUCKET, f"size/{size}", back)
    out[f"size {size}"] = back.getvalue() == body
for algorithm in ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]:
    try:
        s3.put_object(Bucket=BUCKET, Key="checksum", Body=b"checked", ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=BUCKET, Key="checksum", ChecksumMode="ENABLED")
        out["checksum " + algorithm] = head.get("Checksum" + algorithm)
    except Exception as refusal:  # boto3 without its CRT extension
        out["checksum " + algorithm] = type(refusal).__name__
s3.upload_fileobj(io.BytesIO(b"stream" * 100_000), BUCKET, "unsigned", ExtraArgs={"ChecksumAlgorithm": "CRC32"})
out["unsigned"] = s3.head_object(Bucket=BUCKET, Key="unsigned")["ContentLength"]

out["range"] = digest(s3.get_object(Bucket=BUCKET, Key="unsigned", Range="bytes=10-99")["Body"].read())
out["suffix"] = s3.get_object(Bucket=BUCKET, Key="unsigned", Range="bytes=-5")["ContentRange"]
out["bad range"] = error(lambda: s3.get_object(Bucket=BUCKET, Key="plain", Range="bytes=100-"))
out["if none match"] = error(lambda: s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x", IfNoneMatch="*"))
etag = s3.head_object(Bucket=BUCKET, Key="plain")["ETag"]
out["not modified"] = error(lambda: s3.get_object(Bucket=BUCKET, Key="plain", IfNoneMatch=etag))
out["failed match"] = error(lambda: s3.get_object(Bucket=BUCKET, Key="plain", IfMatch='"other"'))
out["missing"] = error(lambda: s3.get_object(Bucket=BUCKET, Key="missing"))
out["missing head"] = error(lambda: s3.head_object(Bucket=BUCKET, Key="missing"))
out["missing copy"] = error(lambda: s3.copy_object(Bucket=BUCKET, Key="x", CopySource={"Bucket": BUCKET, "Key": "missing"}))
out["missing upload"] = error(lambda: s3.upload_part(Bucket=BUCKET, Key="x", UploadId="nope", PartNumber=1, Body=b"x"))

upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
first = s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=b"x" * 5 * 1024 * 1024)
copied = s3.upload_part_copy(
    Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=2, CopySource={"Bucket": BUCKET, "Key": "unsigned"}, CopySourceRange="bytes=0-999"
)
out["parts"] = [part["PartNumber"] for part in s3.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload)["Parts"]]
out["uploads"] = [entry["Key"] for entry in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]
parts = [{"PartNumber": 1, "ETag": first["ETag"]}, {"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]}]
s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
out["completed"] = s3.head_object(Bucket=BUCKET, Key="parts")["ContentLength"]
for algorithm in ["CRC32", "SHA256"]:
    name = "Checksum" + algorithm
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="checked parts", ChecksumAlgorithm=algorithm)["UploadId"]
    parts = []
    for number, size in [(1, 5 * 1024 * 1024), (2, 1000)]:
        part = s3.upload_part(
            Bucket=BUCKET, Key="checked parts", UploadId=upload, PartNumber=number, Body=b"y" * size, ChecksumAlgorithm=algorithm
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    wrong = [{**parts[0], name: parts[1][name]}, parts[1]]
    out["wrong parts " + algorithm] = error(
        lambda: s3.complete_multipart_upload(Bucket=BUCKET, Key="checked parts", UploadId=upload, MultipartUpload={"Parts": wrong})
    )
    done = s3.complete_multipart_upload(Bucket=BUCKET, Key="checked parts", UploadId=upload, MultipartUpload={"Parts": parts})
    out["checked parts " + algorithm] = [done.get(name), s3.head_object(Bucket=BUCKET, Key="checked parts")["ContentLength"]]
aborted = s3.create_multipart_upload(Bucket=BUCKET, Key="aborted")["UploadId"]
s3.abort_multipart_upload(Bucket=BUCKET, Key="aborted", UploadId=aborted)
out["aborted"] = error(lambda: s3.list_parts(Bucket=BUCKET, Key="aborted", UploadId=aborted))

s3.put_object_tagging(Bucket=BUCKET, Key="plain", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
out["tags"] = s3.get_object_tagging(Bucket=BUCKET, Key="plain")["TagSet"]
s3.delete_object_tagging(Bucket=BUCKET, Key="plain")
out["no tags"] = s3.get_object_tagging(Bucket=BUCKET, Key="plain")["TagSet"]
out["location"] = s3.get_bucket_location(Bucket=BUCKET).get("LocationConstraint")
out["head bucket"] = s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"]

stream = s3.get_object(Bucket=BUCKET, Key="size/9000000")["Body"]
stream.read(1000)
stream.close()
deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in KEYS] + [{"Key": "never was"}]})
out["deleted"] = len(deleted["Deleted"])
out["after"] = s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]

if TARGET.get("presigns", True):
    signer = client(signature_version="s3v4")
    url = signer.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "pre signed+é"})
    context = None
    if url.startswith("https"):
        import ssl

        context = ssl.create_default_context(cafile=TARGET["ca"])
    urllib.request.urlopen(urllib.request.Request(url, data=b"presigned", method="PUT"), context=context).read()
    url = signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "pre signed+é", "ResponseContentType": "text/y"})
    answer = urllib.request.urlopen(url, context=context)

    def refusal(url):
        try:
            urllib.request.urlopen(url, context=context)
        except urllib.error.HTTPError as answer:
            return [answer.code, answer.read().decode().split("<Code>")[1].split("</Code>")[0]]
        return "no error"

    gone = signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "pre signed+é"}, ExpiresIn=0)
    changed = url.replace("response-content-type=text%2Fy", "response-content-type=text%2Fz")
    out["presigned"] = [answer.read().decode(), answer.headers["Content-Type"], refusal(gone), refusal(changed)]

json.dump(out, sys.stdout)
