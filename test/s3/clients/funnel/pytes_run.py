"""What a user does with py-tes, as one JSON object."""
import json
import sys

import tes

config = json.loads(sys.argv[1])
client = tes.HTTPClient(config["url"], timeout=60, token=config["token"])
other = tes.HTTPClient(config["url"], timeout=60, token=config["other"])
bucket = config["bucket"]


def refused(call):
    try:
        call()
        return None
    except Exception as error:  # requests.HTTPError, however py-tes wraps it
        return getattr(getattr(error, "response", None), "status_code", repr(error))


def task(command, **rest):
    executor = tes.Executor(image="alpine:3.20", command=command, **rest)
    return tes.Task(
        name="upper",
        executors=[executor],
        inputs=[tes.Input(url=f"s3://{bucket}/in.txt", path="/data/in.txt", type="FILE")],
        outputs=[tes.Output(url=f"s3://{bucket}/sub/out.txt", path="/data/out.txt", type="FILE")],
        tags={"mine": "yes"},
    )


service = client.get_service_info().name
made = client.create_task(task(["dd", "if=/data/in.txt", "of=/data/out.txt", "conv=ucase"]))
ended = client.wait(made, timeout=60)
full = client.get_task(made, view="FULL")
slow = client.create_task(task(["sleep", "300"]))
client.cancel_task(slow)
cancelled = client.wait(slow, timeout=60)
print(
    json.dumps(
        {
            "service": service,
            "state": ended.state,
            "exit": [log.exit_code for log in full.logs[0].logs],
            "tags": sorted(full.tags),
            "listed": [one.id for one in client.list_tasks(view="BASIC").tasks] == [slow, made],
            "cancelled": cancelled.state,
            "others": other.list_tasks().tasks,
            "foreign": refused(lambda: other.get_task(made)),
            "stolen": refused(lambda: other.create_task(task(["true"]))),
        }
    )
)
