"""The description of the API is true: other people's tools read it, and find nothing that it does not say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from openapi_spec_validator import validate

from tests.reported import worked_example


def test_the_description_is_openapi_3_1(api):
    described = api.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    validate(described)


def test_every_answer_of_an_error_is_described_as_a_problem(api):
    for methods in api.get("/openapi.json").json()["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                assert status < "400" or "application/problem+json" in answer["content"]


# What JSON Schema cannot say: that a day is not in the future, that text has no control characters, that a
# version is the one last read. Everything else that is valid by the description has to be taken.
SCHEMATHESIS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "422", "428"]
"""


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_schemathesis_finds_nothing(service, api, tmp_path):
    api.known(worked_example("C1001"))
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "run", f"{service.address}/openapi.json",
            "--checks", "all", "--max-examples", "5", "--seed", "1", "--no-color",
            # One thread alone: two that read their own source at once have crashed the interpreter (3.11).
            # How long inventing a request takes is the machine's affair.
            "--suppress-health-check", "too_slow",
        ],
        cwd=tmp_path,
        env=os.environ | {"HYPOTHESIS_PROFILE": "ci"},
        capture_output=True,
        text=True,
        timeout=680,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]


def told(child, number):
    attributes = {
        "id": f"sdk-{child}-{number}",
        "source": "urn:invented:sdk",
        "type": "casetimeline.ContactReceived",
        "subject": child,
        "specversion": "1.0",
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, {"occurred_on": "2019-03-05", "contact_id": f"K-{number}"})


@pytest.mark.parametrize("to", [to_structured_event, to_binary_event])
def test_events_of_the_cloudevents_sdk_are_taken(api, child, to):
    message = to(told(child, 1), JSONFormat())
    headers = dict(message.headers)
    answer = api.client.post("/events", content=message.body, headers=headers)
    assert answer.status_code == 201, answer.text


def test_batches_of_the_cloudevents_sdk_are_taken(api, child):
    bodies = [to_structured_event(told(child, number), JSONFormat()).body for number in range(3)]
    answer = api.raw(b"[" + b",".join(bodies) + b"]", "application/cloudevents-batch+json")
    assert answer.status_code == 200
