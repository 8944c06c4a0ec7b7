"""The publisher's guide tells the truth: its examples are run, and what they publish is recorded."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.kafka_place import read_place
from services.compose import composed, taking_in
from services.config import read_config
from tests.end_to_end.test_intake import take_in_all
from tests.servers.kafka import unique

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "docs/publishing.md").read_text(), re.MULTILINE | re.DOTALL
)


def test_the_examples_of_the_guide_are_recorded(tmp_path, kafka_broker):
    place = read_place(f"kafka://{kafka_broker.bootstrap}/{unique('guide')}")
    config = read_config({"CASETIMELINE_DATA": str(tmp_path), "CASETIMELINE_INTAKE": str(place)})
    with composed(config) as parts, taking_in(config, parts) as intake:
        for example in EXAMPLES:
            text = example.replace("127.0.0.1:9092", kafka_broker.bootstrap)
            assert "casetimeline.intake" in text
            text = text.replace("casetimeline.intake", place.topic)
            subprocess.run([sys.executable, "-c", text], cwd=ROOT, check=True, timeout=60)
        assert take_in_all(intake, place) == 2
        history = parts.histories.of("C1001")
        assert history is not None
        assert sorted(one.type for one in history.recorded) == ["AssessmentStarted", "VisitMade"]


def test_there_is_an_example_of_ten_lines_for_each_of_two_clients():
    first, second = EXAMPLES
    assert [sum(line != "" for line in example.splitlines()) for example in EXAMPLES] == [10, 10]
    assert "from kafka import KafkaProducer" in first
    assert "from confluent_kafka import Producer" in second
