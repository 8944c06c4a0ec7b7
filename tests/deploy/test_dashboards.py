"""The dashboards for those who lead: history that was loaded and what is scraped are one line."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from services.metrics.names import NAMES, PRACTICE_READ

ROOT = Path(__file__).parents[2]
BOARDS = {name: ROOT / f"infra/deploy/grafana/{name}.json" for name in ("leaders", "team")}
PRACTICE = [name.name for name in NAMES[: NAMES.index(PRACTICE_READ)]]
MINUTES_IN_AN_HOUR = 60


def panels(board):
    return [panel for panel in json.loads(BOARDS[board].read_text())["panels"] if panel["type"] != "row"]


def expressions():
    return [
        pytest.param(target["expr"], id=f"{board}: {panel['title']} {target['refId']}")
        for board in BOARDS
        for panel in panels(board)
        for target in panel["targets"]
    ]


@pytest.mark.parametrize("expression", expressions())
def test_a_panel_shows_what_is_scraped_and_for_a_day_what_was_loaded_of_it(expression):
    """What was loaded has no job, since nothing scraped it: one number for each day, at its end in London."""
    one = re.compile(
        r"max without \(instance, job\) \((?P<metric>\w+)\{job!=\"\"(?P<rest>[^}]*)\}"
        r" or last_over_time\((?P=metric)\{job=\"\"(?P=rest)\}\[1d\]\)"
        rf" unless on \(\) {PRACTICE_READ.name}\)"
    )
    metrics = [found["metric"] for found in one.finditer(expression)]
    assert metrics
    assert all(metric.startswith(tuple(PRACTICE)) for metric in metrics)
    assert "casetimeline" not in one.sub("", expression)


GRAFANA = ROOT / "infra/deploy/grafana"
EVERY = sorted(GRAFANA.glob("*.json"))


def test_there_is_one_for_leaders_one_for_a_team_and_one_for_who_runs_it():
    boards = [json.loads(path.read_text()) for path in EVERY]
    assert {board["uid"] for board in boards} == {
        f"casetimeline-{name}" for name in ("leaders", "team", "operator")
    }
    assert all(board["title"] and board["description"] for board in boards)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_a_board_can_be_provisioned_as_it_is(path):
    """It names no server of its own, and every panel has an id and a place to itself."""
    board = json.loads(path.read_text())
    assert "id" not in board or board["id"] is None
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        here = {
            (place["x"] + across, place["y"] + down)
            for across in range(place["w"])
            for down in range(place["h"])
        }
        assert max(x for x, _ in here) < 24, panel["title"]
        assert taken.isdisjoint(here), panel["title"]
        taken |= here
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
            assert panel["description"], panel["title"]
    (source,) = [one for one in board["templating"]["list"] if one["name"] == "datasource"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")


def test_the_provisioning_is_of_files_in_a_folder():
    (provider,) = yaml.safe_load((GRAFANA / "provisioning.yaml").read_text())["providers"]
    assert provider["type"] == "file"
    assert Path(provider["options"]["path"]).is_absolute()


@pytest.mark.parametrize("board", BOARDS)
def test_a_single_number_is_the_one_of_now_and_not_of_the_last_step(board):
    for panel in panels(board):
        is_of_now = panel["type"] in ("stat", "bargauge")
        for target in panel["targets"]:
            assert (target["instant"], target["range"]) == (is_of_now, not is_of_now), panel["title"]


HIDDEN = next(
    panel["targets"][0]["expr"] for panel in panels("leaders") if panel["title"] == "Hidden working days"
)


def shown(tmp_path, series, *points):
    """promtool's word on what the panel shows: ``points`` are minutes, and the number by timescale then."""
    told = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": HIDDEN,
                        "eval_time": f"{minute}m",
                        "exp_samples": [
                            {"labels": f'{{timescale="{timescale}"}}', "value": value}
                            for timescale, value in numbers.items()
                        ],
                    }
                    for minute, numbers in points
                ],
            }
        ],
    }
    file = tmp_path / "panel.test.yml"
    file.write_text(json.dumps(told))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def at(samples, until):
    """A series with a number at some minutes, and none at the others."""
    return " ".join(str(samples.get(minute, "_")) for minute in range(until))


def hours(count):
    return count * MINUTES_IN_AN_HOUR


def test_a_day_is_shown_until_the_next_whether_it_has_23_24_or_25_hours(tmp_path):
    """But for the hour in autumn that comes twice, in which nothing is known to hold still."""
    ends = {hours(24): 7, hours(49): 8, hours(72): 9}
    series = {'casetimeline_hidden_workdays{timescale="assessment"}': at(ends, hours(73))}
    of = "assessment"
    is_so, told = shown(
        tmp_path,
        series,
        (hours(24) - 1, {}),
        (hours(24), {of: 7}),
        (hours(48), {of: 7}),
        (hours(49) - 1, {}),
        (hours(49), {of: 8}),
        (hours(72) - 1, {of: 8}),
        (hours(72), {of: 9}),
        (hours(96), {of: 9}),
        (hours(96) + 1, {}),
    )
    assert is_so, told


def test_what_has_ended_is_not_shown_beside_the_day_after(tmp_path):
    series = {
        'casetimeline_hidden_workdays{timescale="assessment"}': at({hours(24): 7, hours(48): 8}, hours(49)),
        'casetimeline_hidden_workdays{timescale="minutes"}': at({hours(24): 5}, hours(49)),
    }
    is_so, told = shown(
        tmp_path,
        series,
        (hours(47), {"assessment": 7, "minutes": 5}),
        (hours(48) + 1, {"assessment": 8}),
    )
    assert is_so, told


def test_what_is_scraped_is_shown_instead_and_no_longer_than_it_is_scraped(tmp_path):
    """Not even where history was loaded for the same days, and told of more than there is now."""
    scraped = 'job="casetimeline-serve",instance="a"'
    first, last = hours(30), hours(52)
    live = dict.fromkeys(range(first, last), 6)
    series = {
        'casetimeline_hidden_workdays{timescale="assessment"}': at({hours(24): 7, hours(48): 8}, hours(60)),
        'casetimeline_hidden_workdays{timescale="minutes"}': at({hours(24): 5}, hours(60)),
        f'casetimeline_hidden_workdays{{{scraped},timescale="assessment"}}': at(live, hours(60)),
        f"{PRACTICE_READ.name}{{{scraped}}}": at(live, hours(60)),
    }
    is_so, told = shown(
        tmp_path,
        series,
        (first - 1, {"assessment": 7, "minutes": 5}),
        (first, {"assessment": 6}),
        (hours(48), {"assessment": 6}),
        (last + 10, {"assessment": 8}),
    )
    assert is_so, told
    del series['casetimeline_hidden_workdays{timescale="assessment"}']
    is_so, told = shown(tmp_path, series, (last - 1, {"assessment": 6}), (last + 10, {}))
    assert is_so, told


def test_the_check_sees_a_number_that_is_not_shown(tmp_path):
    is_so, told = shown(tmp_path, {}, (0, {"assessment": 1}))
    assert not is_so
    assert "FAILED" in told
