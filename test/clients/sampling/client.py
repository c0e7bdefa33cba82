# Part of the tests: the X-Ray SDK for Python, asked for decisions. Says what it decided and knows, a JSON object a line.
import json
import time

from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(service="backend-flask", sampling=True)
sampler = xray_recorder.sampler


def say(step, **what):
    print(json.dumps({"step": step, **what}), flush=True)


def decide(path):
    return sampler.should_trace({"service": "backend-flask", "host": "localhost", "method": "GET", "path": path})


def serve(path):
    xray_recorder.begin_segment("backend-flask", sampling=decide(path))
    xray_recorder.end_segment()


def sampled(path, requests=200):
    return sum(1 for _ in range(requests) if decide(path))


decide("/")  # starts the pollers
while not sampler._cache.last_updated:
    time.sleep(0.05)
say("rules", names=[rule.name for rule in sampler._cache.rules])

decided = {path: sampled(path) for path in ("/nothing/1", "/everything/1")}
for _ in range(100):
    serve("/nothing/1")
    serve("/everything/1")
    time.sleep(0.002)
say("decisions", sampled=decided)



def quota():
    # Of the rule as it is now: when the SDK reads the rules again, the new one takes over what the old one had.
    return next((rule.reservoir.quota for rule in sampler._cache.rules if rule.name in ("Ten", "Sandbox")))


while not quota():
    decide("/ten/1")
    decide("/api/1")
    time.sleep(0.2)
time.sleep(1.1 - time.time() % 1)
say("quota", quota=quota(), sampled=sampled("/ten/1", 50))

began = time.time()
while not sampled("/nothing/1", 50):
    time.sleep(0.2)
say("followed", seconds=time.time() - began)
