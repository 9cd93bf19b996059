"""`modelport ml model deploy` and `modelport ml service`: a service from its first to its last verb."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def files(script, model_file):
    """The files that a pipeline has beside it."""
    with open("conda.yml", "w") as file:
        file.write("name: project\ndependencies:\n- pip:\n  - azureml-defaults\n")
    with open("inferenceconfig.json", "w") as file:
        environment = {
            "name": "inline", "environmentVariables": {"MODE": "test"},
            "python": {"condaDependencies": {"dependencies": [{"pip": ["azureml-defaults"]}]}},
            "docker": {"enabled": True}, "spark": None,
        }  # fmt: skip
        words = {"entryScript": script.name, "sourceDirectory": str(script.parent), "environment": environment}
        json.dump(words, file)
    with open("inference.yml", "w") as file:
        file.write(f"entryScript: {script}\nruntime: python\ncondaFile: conda.yml\nschemaFile:\nenableGpu: False\n")
    with open("local.json", "w") as file:
        json.dump({"computeType": "LOCAL"}, file)
    return script


@pytest.fixture
def deployed(service_ml, files, model_file):
    service_ml("model", "register", "-n", "diabetes", "-p", str(model_file), "-t", "model.json")
    words = ["--ic", "inferenceconfig.json", "--dc", "local.json", "--tag", "stage=test", "-v"]
    made = service_ml("model", "deploy", "-n", "my-service", "-f", "model.json", *words)
    assert made.exit_code == 0, made.stderr
    return made


def test_deploy_prints_the_service_and_its_steps_apart(deployed):
    assert (deployed.json["state"], deployed.json["computeType"]) == ("running", "Local")
    assert "init: done" in deployed.stderr


def test_environment_of_the_file_is_the_services(service_ml, deployed, files):
    files.write_text("import os\n\ndef init():\n    pass\n\ndef run(data):\n    return os.environ['MODE']\n")
    words = ["-m", "diabetes:1", "--ic", "inferenceconfig.json"]
    assert service_ml("service", "update", "-n", "my-service", *words).exit_code == 0
    assert service_ml("service", "run", "-n", "my-service", "-d", "[1]").json == "test"


def test_yaml_file_of_the_first_generation(service_ml, files):
    words = ["--ic", "inference.yml", "--cp", "local"]
    made = service_ml("model", "deploy", "-n", "my-service", *words, "--overwrite")
    assert made.exit_code == 0, made.stderr
    assert "Warning" not in made.stderr


def test_life_of_a_service(service_ml, deployed):
    run = service_ml("service", "run", "-n", "my-service", "-d", '{"data": 1}')
    assert run.json == {"length": 11}
    assert service_ml("service", "show", "-n", "my-service", "--query", "state", "-o", "tsv").stdout == "running\n"
    assert [each["name"] for each in service_ml("service", "list", "-c", "local").json] == ["my-service"]
    assert service_ml("service", "list", "--model-name", "other").json == []
    assert "| loaded" in service_ml("service", "get-logs", "-n", "my-service").stdout
    assert service_ml("service", "delete", "-n", "my-service").stdout == ""
    assert service_ml("service", "show", "-n", "my-service").exit_code == 4


def test_update_of_the_tags_keeps_the_others(service_ml, deployed):
    words = ["--add-tag", "more=1", "--cc", "2"]
    changed = service_ml("service", "update", "-n", "my-service", *words)
    assert changed.json["tags"] == {"stage": "test", "more": "1"}
    assert "Warning: --cpu-cores has no effect for the compute type local." in changed.stderr


def test_unknown_keys_are_warned_about_and_flags_go_first(service_ml, files):
    with open("odd.json", "w") as file:
        json.dump({"computeType": "local", "port": 1, "replicas": 2}, file)
    made = service_ml("model", "deploy", "-n", "my-service", "--es", str(files), "--dc", "odd.json", "--po", "28899")
    assert made.json["port"] == 28899
    assert "Warning: odd.json: the key 'replicas' is not known and has no effect. Valid: port." in made.stderr


def test_no_wait_returns_before_it_is_ready(service_ml, files):
    files.write_text("import time\n\ndef init():\n    time.sleep(2)\n\ndef run(data):\n    return 1\n")
    made = service_ml("model", "deploy", "-n", "my-service", "--es", str(files), "--cp", "local", "--no-wait")
    assert made.json["state"] == "deploying"


def test_deploy_without_a_script_of_a_file_that_names_none_is_refused(service_ml, files):
    with open("empty.json", "w") as file:
        json.dump({"runtime": "python"}, file)
    refused = service_ml("model", "deploy", "-n", "my-service", "--ic", "empty.json", "--cp", "local")
    assert refused.exit_code == 2
    assert "[script-needed]" in refused.stderr


@pytest.mark.parametrize("content", ["", "[1]", "{", None])
def test_file_that_cannot_be_used_is_told(service_ml, files, content):
    if content is not None:
        with open("bad.json", "w") as file:
            file.write(content)
    refused = service_ml("model", "deploy", "-n", "my-service", "--es", str(files), "--dc", "bad.json")
    assert refused.exit_code == 2
    assert "'bad.json' of --deploy-config-file cannot be used" in refused.stderr


def test_init_that_fails_ends_with_the_code_of_deployments_and_keeps_the_log(service_ml, files):
    files.write_text("def init():\n    raise ValueError('no model here')\n\ndef run(data):\n    return 1\n")
    failed = service_ml("model", "deploy", "-n", "my-service", "--es", str(files), "--cp", "local")
    assert (failed.exit_code, failed.stdout) == (7, "")
    assert "ValueError: no model here" in failed.stderr
    assert "no model here" in service_ml("service", "get-logs", "-n", "my-service").stdout


def test_service_without_keys_says_so(service_ml, deployed):
    assert service_ml("service", "get-keys", "-n", "my-service").exit_code == 5


def test_cluster_that_cannot_be_deployed_to_yet_is_told_after_all_is_checked(service_ml, files):
    line = ["model", "deploy", "-n", "my-service", "--es", str(files), "--cp", "aks"]
    refused = service_ml(*line, "--mi", "2")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "autoscale" in refused.stderr
    refused = service_ml(*line, "--as", "true", "--mi", "2")
    assert refused.exit_code == 2
    assert "[target-unavailable]" in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["create-version", "-n", "shop", "--vn", "blue", "--tp", "10"],
        ["update-version", "-n", "shop", "--vn", "blue", "--is-default"],
        ["delete-version", "-n", "shop", "--vn", "blue"],
        ["update", "-n", "shop", "--ae", "true"],
        ["get-access-token", "-n", "shop"],
    ],
)
def test_endpoint_that_is_not_there_is_told(service_ml, words):
    refused = service_ml("endpoint", "realtime", *words)
    assert refused.exit_code == 4
    assert "'shop'" in refused.stderr


def test_there_are_no_endpoints(service_ml):
    assert service_ml("endpoint", "realtime", "list").json == []


@pytest.mark.parametrize(("words", "expected"), [(["--ae"], True), (["--ae", "false"], False), (["--ae", "YES"], True)])
def test_switches_may_stand_alone(words, expected):
    import click

    from modelport.cli.ml import options

    @click.command()
    @options.SERVING
    def command(**given):
        return given["auth_enabled"]

    assert command.main(words, standalone_mode=False) is expected


def test_profile_measures_and_recommends(service_ml, files):
    with open("requests.jsonl", "w") as file:
        file.write('{"data": 1}\n{"data": 2}\n')
    files.write_text("import json\n\ndef init():\n    pass\n\ndef run(data):\n    return json.loads(data)['data']\n")
    measured = service_ml("model", "profile", "-n", "first", "--es", str(files), "--idi", "requests.jsonl", "--cc", "1")
    assert measured.exit_code == 0, measured.stderr
    assert (measured.json["state"], measured.json["successRate"]) == ("Succeeded", 100.0)


def test_requests_of_a_profile_are_given_once(ml, files):
    refused = ml("model", "profile", "-n", "first", "--es", str(files), "--idi", "requests.jsonl", "-d", "{}")
    assert refused.exit_code == 2
    assert "given twice" in refused.stderr
