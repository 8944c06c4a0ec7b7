"""Settings come from the environment, and a wrong one is named before anything starts."""

from datetime import date
from pathlib import Path

import pytest

from services.config import EXAMPLES, BadSettings, read_config, settings_of


def test_every_setting_is_explained_to_operators():
    told = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    short = {name: f"…_{name.removeprefix('CASETIMELINE_')}" for name in EXAMPLES}
    assert [name for name in EXAMPLES if f"`{name}`" not in told and f"`{short[name]}`" not in told] == []


def test_with_none_set_everything_is_embedded_under_data():
    config = read_config({})
    assert config.data == Path("data")
    assert config.log == Path("data/log.sqlite3")
    assert config.views == "sqlite:///data/views.sqlite3"
    assert (config.http_host, config.http_port, config.today) == ("127.0.0.1", 8000, None)


def test_options_go_before_the_environment():
    told = {"CASETIMELINE_TODAY": "2019-01-01", "CASETIMELINE_HTTP": "127.0.0.1:1"}
    config = read_config(told, {"CASETIMELINE_TODAY": "2019-10-22", "CASETIMELINE_HTTP": None})
    assert (config.today, config.http_port) == (date(2019, 10, 22), 1)


def test_what_is_not_ours_is_left_alone():
    read_config({"PATH": "/bin", "CASE": "x"})


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_setting_that_is_wrong_is_named_with_an_example(name):
    with pytest.raises(BadSettings) as error:
        read_config({name: "\t"})
    assert name in str(error.value)


def test_all_that_are_wrong_are_named_at_once():
    with pytest.raises(BadSettings) as error:
        read_config({"CASETIMELINE_LGO": "x", "CASETIMELINE_HTTP": "x", "CASETIMELINE_TODAY": "x"})
    assert len(str(error.value).splitlines()) == 3
    assert "did you mean CASETIMELINE_LOG" in str(error.value)


@pytest.mark.parametrize(
    ("http", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:8000", "::1", 8000), ("localhost:0", "localhost", 0)],
)
def test_an_address_to_listen_on_is_a_host_and_a_port(http, host, port):
    config = read_config({"CASETIMELINE_HTTP": http})
    assert (config.http_host, config.http_port) == (host, port)


def test_a_secret_is_never_repeated():
    secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I="
    config = read_config({"CASETIMELINE_MASTER_KEY": secret})
    assert secret not in repr(config)
    assert secret not in str(settings_of(config))
    with pytest.raises(BadSettings) as error:
        read_config(
            {"CASETIMELINE_MASTER_KEY": secret[:-4], "CASETIMELINE_LOG": "postgresql://me:hidden@host/x"}
        )
    assert secret[:-4] not in str(error.value)
    assert "hidden" not in str(error.value)


def test_a_process_beside_is_told_the_same(tmp_path):
    told = {"CASETIMELINE_DATA": str(tmp_path), "CASETIMELINE_TODAY": "2019-10-22"}
    config = read_config(told)
    assert read_config(settings_of(config)).today == config.today
    assert read_config(settings_of(config)).log == config.log
