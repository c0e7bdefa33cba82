# Part of the tests: the X-Ray SDK for Python, which sends three traces. Says when they are out.
import json

from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(service="backend-flask", sampling=False)


def nested():
    with xray_recorder.in_subsegment("a"), xray_recorder.in_subsegment("b"), xray_recorder.in_subsegment("c"):
        pass


def failing():
    try:
        with xray_recorder.in_subsegment("failing"):
            raise ValueError("boom ☁")
    except ValueError:
        pass


def many():
    for number in range(150):
        with xray_recorder.in_subsegment(f"sub-{number}"):
            pass


for work in (nested, failing, many):
    with xray_recorder.in_segment(work.__name__):
        work()
print(json.dumps({"step": "documents"}), flush=True)
