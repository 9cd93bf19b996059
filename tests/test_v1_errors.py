"""v1's exceptions: their names, their text, and that they catch Modelport's errors."""

from __future__ import annotations

import json
import pickle

import pytest

from modelport import errors, v1_errors, v1_kinds
from modelport.v1_errors import AzureMLAggregatedException, UserErrorException, WebserviceException, speak_v1


@pytest.fixture
def v1_program():
    speak_v1()
    yield
    speak_v1(False)


def test_the_text_has_v1s_shape():
    assert str(WebserviceException("no service", status_code=404)) == (
        "WebserviceException:\n\tMessage: no service\n\tInnerException None\n\tErrorResponse \n"
        '{\n    "error": {\n        "message": "no service"\n    }\n}'
    )


def test_what_is_known_of_it_is_in_the_response():
    error = UserErrorException("not valid", inner_exception=ValueError("seven"), target="port")
    text = str(error)
    assert "\n\tInnerException seven\n" in text
    told = {"code": "UserError", "message": "not valid", "target": "port"}
    assert json.loads(text[text.index("{") :]) == {"error": told}


def test_a_status_belongs_to_webservice_exceptions():
    assert WebserviceException("m", 502).status_code == 502
    assert errors.ScoringError("scoring-failed", "m", status=502).status_code == 502
    assert errors.NotFoundError("service-not-found", "m").status_code == 404


def test_several_errors_are_one():
    assert "a\nb" in str(AzureMLAggregatedException([ValueError("a"), ValueError("b")]))


def test_the_stack_trace_of_the_cause_is_printed(capsys):
    try:
        raise ValueError("deep")
    except ValueError as error:
        WebserviceException("m", inner_exception=error).print_stacktrace()
    assert "ValueError: deep" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["UserError", "ScriptError", "EngineError", "NotFoundError", "ConflictError", "ResolutionError",
             "DeploymentError", "ScoringError"],
)  # fmt: skip
def test_what_v1_raised_as_a_webservice_exception_is_caught_as_one(name):
    with pytest.raises(WebserviceException) as caught:
        raise getattr(errors, name)("code", "what", "do this")
    assert caught.value.message == "what"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (v1_kinds.WorkspaceNotFoundError, v1_errors.WorkspaceException),
        (v1_kinds.WorkspaceConflictError, v1_errors.WorkspaceException),
        (v1_kinds.ConfigNotFoundError, v1_errors.UserErrorException),
        (v1_kinds.ServedModelMissingError, v1_errors.ModelNotFoundException),
        (v1_kinds.RunFileMissingError, v1_errors.ModelPathNotFoundException),
        (v1_kinds.RunOfflineError, v1_errors.RunEnvironmentException),
        (v1_kinds.PathMissingError, FileNotFoundError),
        (v1_kinds.NotOfferedError, NotImplementedError),
        (v1_kinds.KeysDisabledError, NotImplementedError),
        (errors.StorageError, v1_errors.AzureMLException),
    ],
)
def test_an_error_of_ours_is_caught_by_the_class_that_v1_raised(ours, theirs):
    with pytest.raises(theirs) as caught:
        raise ours("the-code", "what", "do this")
    assert (caught.value.code, caught.value.message, caught.value.remedy) == ("the-code", "what", "do this")
    assert str(caught.value) == "what\n  -> do this  [the-code]"


def test_in_a_v1_program_the_text_of_our_errors_has_v1s_shape_and_keeps_every_word(v1_program):
    error = errors.DeploymentError("init-failed", "init() failed.", "Mend it.", step="init", traceback="Traceback …")
    text = str(error)
    assert text.startswith("WebserviceException:\n\tMessage: Traceback …\n\nStep 'init' failed: init() failed.\n  -> ")
    assert json.loads(text[text.index("{") :])["error"] == {"code": "init-failed", "message": error.text()}


def test_the_name_in_the_text_is_that_of_the_class_that_v1_raised(v1_program):
    assert str(v1_kinds.WorkspaceNotFoundError("workspace-not-found", "m")).startswith("WorkspaceException:\n")
    assert str(errors.StorageError("disk-full", "m")).startswith("AzureMLException:\n")


def test_the_cause_is_the_inner_exception(v1_program):
    with pytest.raises(errors.UserError) as caught:
        try:
            raise ValueError("deep")
        except ValueError as error:
            raise errors.UserError("c", "m") from error
    assert repr(caught.value.inner_exception) == "ValueError('deep')"
    assert "\tInnerException deep\n" in str(caught.value)


def test_errors_can_be_pickled():
    error = pickle.loads(pickle.dumps(v1_kinds.PathMissingError("model-path-missing", "m", "r")))
    assert (error.code, error.message, error.remedy) == ("model-path-missing", "m", "r")
