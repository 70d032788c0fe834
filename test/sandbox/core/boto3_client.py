"""Calls the sandbox with boto3, whose signer shares no code with the sandbox, and prints what came back as JSON.

Usage: boto3_client.py ENDPOINT ACCOUNT BUCKET
"""

import http.client
import io
import json
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

endpoint, account, bucket = sys.argv[1:]


def client(service, secret="sandbox", **options):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, signature_version="v4" if service != "s3" else "s3v4", **options),
    )


def outcome(call):
    try:
        return call()
    except ClientError as error:
        return [error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]]
    except (ConnectionClosedError, EndpointConnectionError) as error:
        return type(error).__name__


def http_call(method, url, body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method)) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode().split("<Code>")[-1].split("</Code>")[0]]


s3 = client("s3")
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="a b+ü", Body=io.BytesIO(b"content"), ChecksumAlgorithm="SHA256")
get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+ü"}, ExpiresIn=60)
put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put"}, ExpiresIn=60)
iam, wrong = client("iam"), client("iam", secret="wrong")
print(
    json.dumps(
        {
            "identity": client("sts").get_caller_identity()["Account"],
            "wrongSecret": outcome(wrong.list_users),
            "read": s3.get_object(Bucket=bucket, Key="a b+ü")["Body"].read().decode(),
            "head": s3.head_object(Bucket=bucket, Key="a b+ü")["ContentLength"],
            "headAbsent": outcome(lambda: s3.head_object(Bucket=bucket, Key="absent")),
            "presignedGet": http_call("GET", get),
            "presignedTampered": http_call("GET", get.replace("Expires=60", "Expires=61")),
            "presignedPut": http_call("PUT", put, b"by url")[0],
            "readPut": s3.get_object(Bucket=bucket, Key="put")["Body"].read().decode(),
            "user": iam.create_user(UserName="anna", Tags=[{"Key": "a", "Value": "b c"}])["User"]["Arn"],
            "userTwice": outcome(lambda: iam.create_user(UserName="anna")),
            "queues": client("batch").describe_job_queues()["jobQueues"],
            "vpc": client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["OwnerId"],
            "unknownOperation": outcome(lambda: iam.simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["s3:GetObject"])),
        }
    )
)
