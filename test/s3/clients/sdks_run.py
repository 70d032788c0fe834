"""The same list of operations with one client of another SDK: one JSON object of results.

    sdks_run.py pyarrow|obstore|opendal|s3fs|pysam TARGET
"""

import hashlib
import json
import os
import random
import sys
import tempfile

TARGET = json.loads(sys.argv[2])
BUCKET = TARGET["bucket"]
ENDPOINT = TARGET["endpoint"]
CA = TARGET.get("ca")
NAMES = ["plain.txt", "sp ace", "pl+us", "dir/é", "dir/日本", "per%25cent", "x!'()*", "a&b=c;d,e", "tilde~", "q?x#y", "at@:colon"]
LARGE = random.Random(1).randbytes(12_000_000)
PART = 5 * 1024 * 1024


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()


def refusal(call):
    """What kind of error a missing key makes."""
    try:
        call()
    except Exception as error:  # each library has its own
        return type(error).__name__
    return "no error"


def with_pyarrow():
    from pyarrow import fs

    scheme, host = ENDPOINT.split("://")
    s3 = fs.S3FileSystem(
        access_key=TARGET["accessKeyId"],
        secret_key=TARGET["secretAccessKey"],
        session_token=TARGET.get("sessionToken"),
        region="us-east-1",
        scheme=scheme,
        endpoint_override=host,
        force_virtual_addressing=False,
        **({"tls_ca_file_path": CA} if CA else {}),
    )

    def write(name, data):
        with s3.open_output_stream(f"{BUCKET}/{name}", metadata={"Content-Type": "text/x-odd"}) as out:
            out.write(data)

    def read(name):
        with s3.open_input_stream(f"{BUCKET}/{name}") as stream:
            return stream.read()

    results = {}
    for name in NAMES:
        write(name, name.encode())
        results[name] = read(name).decode()
    write("large", LARGE)
    results["large"] = digest(read("large")) == digest(LARGE)
    with s3.open_input_file(f"{BUCKET}/large") as file:
        file.seek(11_000_000)
        results["range"] = digest(file.read(1_000))
    s3.copy_file(f"{BUCKET}/pl+us", f"{BUCKET}/copy of pl+us é")
    s3.move(f"{BUCKET}/sp ace", f"{BUCKET}/moved")
    infos = s3.get_file_info(fs.FileSelector(BUCKET, recursive=True))
    results["list"] = sorted([info.path.split("/", 1)[1], info.type.name, info.size] for info in infos)
    results["missing"] = refusal(lambda: read("missing"))
    for info in infos:
        if info.is_file:
            s3.delete_file(info.path)
    results["left"] = len(s3.get_file_info(fs.FileSelector(BUCKET, recursive=True)))
    return results


def with_obstore():
    import obstore
    from obstore.store import S3Store

    s3 = S3Store(
        BUCKET,
        endpoint=ENDPOINT,
        access_key_id=TARGET["accessKeyId"],
        secret_access_key=TARGET["secretAccessKey"],
        **({"session_token": TARGET["sessionToken"]} if TARGET.get("sessionToken") else {}),
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, **({"allow_invalid_certificates": True} if CA else {})},
    )
    results = {}
    for name in NAMES:
        obstore.put(s3, name, name.encode())
        results[name] = bytes(obstore.get(s3, name).bytes()).decode()
    obstore.put(s3, "large", LARGE, chunk_size=PART)
    results["large"] = digest(obstore.get(s3, "large").bytes()) == digest(LARGE)
    results["range"] = digest(obstore.get_range(s3, "large", start=11_000_000, length=1_000))
    obstore.copy(s3, "pl+us", "copy of pl+us é")
    obstore.rename(s3, "sp ace", "moved")
    results["created"] = refusal(lambda: obstore.put(s3, "plain.txt", b"x", mode="create"))
    etag = obstore.head(s3, "plain.txt")["e_tag"]
    results["updated"] = refusal(lambda: obstore.put(s3, "plain.txt", b"y", mode={"e_tag": etag}))
    results["list"] = sorted([meta["path"], meta["size"]] for page in obstore.list(s3) for meta in page)
    results["missing"] = refusal(lambda: obstore.get(s3, "missing"))
    obstore.delete(s3, [meta["path"] for page in obstore.list(s3) for meta in page])
    results["left"] = sum(len(page) for page in obstore.list(s3))
    return results


def with_opendal():
    import opendal

    s3 = opendal.Operator(
        "s3",
        bucket=BUCKET,
        endpoint=ENDPOINT,
        region="us-east-1",
        access_key_id=TARGET["accessKeyId"],
        secret_access_key=TARGET["secretAccessKey"],
        **({"session_token": TARGET["sessionToken"]} if TARGET.get("sessionToken") else {}),
        disable_config_load="true",
        disable_ec2_metadata="true",
    )
    results = {}
    # What it signs for these characters is not what it sends, wherever it sends it.
    for name in [name for name in NAMES if not set(name) & set("!'()*")]:
        s3.write(name, name.encode())
        results[name] = bytes(s3.read(name)).decode()
    with s3.open("large", "wb", chunk=PART) as out:
        out.write(LARGE)
    results["large"] = digest(s3.read("large")) == digest(LARGE)
    with s3.open("large", "rb") as file:
        file.seek(11_000_000)
        results["range"] = digest(file.read(1_000))
    s3.copy("pl+us", "copy of pl+us é")
    results["list"] = sorted(entry.path for entry in s3.list("", recursive=True))
    results["size"] = s3.stat("large").content_length
    results["missing"] = refusal(lambda: s3.read("missing"))
    s3.remove_all("/")
    results["left"] = len(list(s3.list("", recursive=True)))
    return results


def with_s3fs():
    import s3fs

    s3 = s3fs.S3FileSystem(
        key=TARGET["accessKeyId"],
        secret=TARGET["secretAccessKey"],
        token=TARGET.get("sessionToken"),
        endpoint_url=ENDPOINT,
        client_kwargs={"region_name": "us-east-1", **({"verify": CA} if CA else {})},
        config_kwargs={"s3": {"addressing_style": "path"}},
    )
    results = {}
    for name in NAMES:
        s3.pipe(f"{BUCKET}/{name}", name.encode())
        results[name] = s3.cat(f"{BUCKET}/{name}").decode()
    with s3.open(f"{BUCKET}/large", "wb", block_size=PART) as out:
        out.write(LARGE)
    results["large"] = digest(s3.cat(f"{BUCKET}/large")) == digest(LARGE)
    with s3.open(f"{BUCKET}/large", "rb") as file:
        file.seek(11_000_000)
        results["range"] = digest(file.read(1_000))
    s3.cp(f"{BUCKET}/pl+us", f"{BUCKET}/copy of pl+us é")
    s3.mv(f"{BUCKET}/sp ace", f"{BUCKET}/moved")
    s3.invalidate_cache()
    results["list"] = sorted(path.split("/", 1)[1] for path in s3.find(BUCKET))
    results["missing"] = refusal(lambda: s3.cat(f"{BUCKET}/missing"))
    results["exists"] = [s3.exists(f"{BUCKET}/plain.txt"), s3.exists(f"{BUCKET}/missing")]
    for path in s3.find(BUCKET):
        s3.rm(path)
    s3.invalidate_cache()
    results["left"] = len(s3.find(BUCKET))
    return results


def with_pysam():
    """htslib signs by itself: header reads, an index, and a region of a BAM file written through S3."""
    import pysam

    scheme, host = ENDPOINT.split("://")
    os.environ.update(
        AWS_ACCESS_KEY_ID=TARGET["accessKeyId"],
        AWS_SECRET_ACCESS_KEY=TARGET["secretAccessKey"],
        AWS_DEFAULT_REGION="us-east-1",
        HTS_S3_HOST=host,
        HTS_S3_ADDRESS_STYLE="path",
        **({"AWS_SESSION_TOKEN": TARGET["sessionToken"]} if TARGET.get("sessionToken") else {}),
    )
    prefix = "s3+https" if scheme == "https" else "s3+http"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": 1_000_000}]}

    def write(path):
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for start in range(0, 900_000, 300):
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.query_sequence = f"r{start}", "ACGT" * 25
                read.reference_id, read.reference_start, read.cigarstring = 0, start, "100M"
                read.query_qualities = pysam.qualitystring_to_array("I" * 100)
                out.write(read)

    results = {}
    for name in ["reads.bam", "dir/sp ace.bam", "pl+us.bam", "a=b&c.bam"]:
        url = f"{prefix}://{BUCKET}/{name}"
        write(url)
        with pysam.AlignmentFile(url, "rb") as file:
            results[name] = sum(1 for _ in file)
    with tempfile.TemporaryDirectory() as folder:
        write(f"{folder}/reads.bam")
        pysam.index(f"{folder}/reads.bam")
        with pysam.AlignmentFile(
            f"{prefix}://{BUCKET}/reads.bam", "rb", index_filename=f"{folder}/reads.bam.bai"
        ) as file:
            results["region"] = file.count("chr1", 600_000, 660_000)
    results["missing"] = refusal(lambda: pysam.AlignmentFile(f"{prefix}://{BUCKET}/missing.bam", "rb"))
    return results


json.dump(globals()[f"with_{sys.argv[1]}"](), sys.stdout)
