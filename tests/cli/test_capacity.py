"""`modelport plan` and `modelport simulate`."""

from __future__ import annotations

import json
import sys

import pytest

from modelport.cli.quantities import Duration, Share


def test_plan_shows_both_answers_and_why_they_differ(cli):
    shown = cli("plan", "--rps", "20", "--service-time", "10s").stdout
    assert "200 at once" in shown
    assert "286" in shown
    assert "generous" in shown


def test_plan_as_json_has_every_figure(cli):
    made = cli("plan", "--rps", "0.5", "--service-time", "1000ms", "--loss", "1%", "-o", "json").json
    assert made["by_rule"]["replicas"] == 1
    assert made["by_rule"]["loss_by_formula"] == pytest.approx(0.2418, abs=1e-4)
    assert made["enough"]["replicas"] == 3
    assert "too small" in made["advice"]


@pytest.mark.parametrize(
    "words",
    [("--rps", "0", "--service-time", "1s"), ("--rps", "1", "--service-time", "fast"), ("--service-time", "1s"),
     ("--rps", "1", "--service-time", "1s", "--loss", "0"), ("--rps", "1", "--service-time", "1s", "--loss", "120%")],
)  # fmt: skip
def test_plan_refuses_what_makes_no_sense(cli, words):
    refused = cli("plan", *words)
    assert refused.exit_code == 2
    assert "modelport plan --help" in refused.stderr


@pytest.mark.parametrize("words", [(), ("--service-time", "1s", "--profile", "churn")])
def test_plan_needs_one_source_of_times(cli, words):
    assert "[service-time-needed]" in cli("plan", "--rps", "1", *words).stderr


def test_plan_takes_times_from_a_profile(cli, home):
    cli("workspace", "create", "default")
    folder = home / "workspaces" / "default" / "profiles"
    folder.mkdir()
    times = {"service_times": {"mean_seconds": 0.2, "variation": 0.0}}
    words = {"name": "churn", "id": "0123", "models": [], "state": "Succeeded"}
    words["created_at"] = "2026-11-21T00:00:00+00:00"
    (folder / "churn.json").write_text(json.dumps({**words, "measured": times}))
    (folder / "broken.json").write_text(json.dumps({**words, "name": "broken", "state": "Failed"}))
    made = cli("plan", "--rps", "10", "--profile", "churn", "-o", "json").json
    assert made["demand"] == {"per_second": 10.0, "service_seconds": 0.2, "variation": 0.0}
    assert "[profile-incomplete]" in cli("plan", "--rps", "10", "--profile", "broken").stderr
    assert cli("plan", "--rps", "10", "--profile", "nobody").exit_code == 4


def test_plan_of_a_very_large_service_rests_on_the_formula(cli):
    made = cli("plan", "--rps", "10000", "--service-time", "10s", "-o", "json").json
    assert made["enough"]["loss_by_simulation"] is None
    assert 99_000 < made["enough"]["replicas"] < 101_000
    assert "-" in cli("plan", "--rps", "10000", "--service-time", "10s").stdout
    assert "[load-too-large]" in cli("plan", "--rps", "1e300", "--service-time", "10s").stderr


SPIKE = ("--rps", "2", "--spike", "10x", "--service-time", "500ms", "--duration", "3m")


def test_simulate_shows_replicas_and_refusals_over_time(cli):
    shown = cli("simulate", *SPIKE, "--max", "20", "--price-per-hour", "2").stdout
    assert "Replicas" in shown
    assert "at most 20 replicas" in shown
    assert "cost" in shown


def test_simulate_as_json_has_every_second(cli):
    played = cli("simulate", *SPIKE, "-o", "json").json
    assert len(played["seconds"]) >= 179
    assert sum(second["refused"] for second in played["seconds"]) == played["refused"] > 0
    assert sum(second["arrived"] for second in played["seconds"]) == played["arrived"]


def test_rules_differ_and_none_scales_nothing(cli):
    most = {
        rule: cli("simulate", *SPIKE, "--rule", rule, "--max", "30", "-o", "json").json["most_replicas"]
        for rule in ("utilization", "knative", "none")
    }
    assert most["none"] == 1
    assert most["utilization"] > 10
    assert most["knative"] > 10


def test_a_trace_is_played(cli, tmp_path):
    trace = tmp_path / "requests.csv"
    trace.write_text("second,requests\n0,3\n1,0\n2,1\n")
    words = ("--service-time", "2s", "--variation", "0", "--rule", "none", "-o", "json")
    played = cli("simulate", "--trace", str(trace), *words).json
    assert (played["arrived"], played["refused"]) == (4, 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("0\n5\n3\n", "line 3 goes back"),
        ("0,1000000000\n", "one too many"),
        ("0\nfast\n", "line 2"),
        (None, "No such file"),
    ],
)
def test_a_trace_that_is_none_is_refused(cli, tmp_path, content, told):
    trace = tmp_path / "trace.txt"
    if content is not None:
        trace.write_text(content)
    refused = cli("simulate", "--trace", str(trace), "--service-time", "1s")
    assert "[trace-invalid]" in refused.stderr
    assert told in refused.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "load-needed"),
        (("--rps", "1", "--trace", "x"), "load-needed"),
        (("--rps", "1", "--min", "11"), "scaling-bounds"),
        (("--rps", "1e12"), "load-too-large"),
        (("--rps", "1", "--plot", "x.gif"), "plot-kind"),
        (("--rps", "1", "--plot", "nowhere/x.svg"), "plot-not-written"),
    ],
)
def test_simulate_refuses_what_makes_no_sense(cli, words, code):
    assert f"[{code}]" in cli("simulate", "--service-time", "1s", "--duration", "5s", *words).stderr


@pytest.mark.parametrize(("ending", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_plot_is_a_picture_of_its_kind(cli, tmp_path, ending, begins):
    path = tmp_path / f"spike.{ending}"
    assert cli("simulate", "--rps", "2", "--service-time", "1s", "--duration", "5s", "--plot", str(path)).exit_code == 0
    assert path.read_bytes().startswith(begins)


def test_a_plot_without_matplotlib_names_the_extra(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    refused = cli("simulate", "--rps", "2", "--service-time", "1s", "--plot", "x.svg")
    assert "modelport[plot]" in refused.stderr


@pytest.mark.parametrize(("word", "seconds"), [("500ms", 0.5), ("2", 2), ("1.5 s", 1.5), ("5m", 300), ("1h", 3600)])
def test_durations(word, seconds):
    assert Duration().convert(word, None, None) == pytest.approx(seconds)


@pytest.mark.parametrize(("word", "share"), [("0.1%", 0.001), ("0.25", 0.25), ("70 %", 0.7)])
def test_shares(word, share):
    assert Share().convert(word, None, None) == pytest.approx(share)


@pytest.mark.parametrize("number", ["inf", "nan", "0"])
def test_a_number_that_is_endless_or_none_is_refused(cli, number):
    for option, *words in (("--memory", "deploy", "churn"), ("--rps", "plan", "--service-time", "1s")):
        refused = cli(*words, option, number)
        assert (refused.exit_code, f"Invalid value for '{option}'" in refused.stderr) == (2, True)
