"""Checks of requests that failed or were refused (pure); what `run()` raised is told apart in `run_reasons`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from modelport.diagnosis.checks_init import own_call, own_place, shown, waits
from modelport.diagnosis.checks_load import check_overloaded
from modelport.diagnosis.checks_models import check_missing_file
from modelport.diagnosis.facts import Facts, Failure, RequestFailure
from modelport.diagnosis.finding import Finding, Severity
from modelport.diagnosis.run_reasons import reason_of_run

_BEING_REPLACED = ("service-unhealthy", "service-not-answering")  # what is told of the moment after a worker has gone
_CRASH = re.compile(r"SIG(SEGV|BUS|ILL|FPE|ABRT)")
_OF_THE_CALLER = {  # what a caller has to do otherwise, by the code of the refusal
    "key-missing": "Send a key of the service with each request: Authorization: Bearer KEY (modelport service keys "
    "NAME).",
    "path-unknown": "Send requests to the path /score: modelport service show NAME prints the whole address "
    "(scoring_uri).",
    "body-too-large": "Send less in one request (split batches, compress pictures), or raise the limit: "
    "max_body_bytes.",
    "body-invalid": "Send what the schema of the script asks for: curl SCORING_ADDRESS/swagger.json shows it with an "
    "example.",
    "schema-mismatch": "Send what the schema of the script asks for: curl SCORING_ADDRESS/swagger.json shows it with "
    "an example.",
    "content-type-unsupported": "Send the header Content-Type: application/json with the request.",
    "method-not-allowed": "Send requests with POST.",
}
_OF_THE_SCRIPT = {
    "result-not-serialisable": "Return lists, dictionaries, numbers and texts: result.tolist() of an array, "
    "frame.to_dict('records') of a table, the attributes of an object of your own.",
    "answer-too-large": "Return less in one answer, or a generator, which is sent piece by piece.",
    "worker-died": "Look at the log of the request below, and for os._exit(), native libraries and memory limits: "
    "modelport service logs NAME",
}


def check_requests(facts: Facts) -> Iterator[Finding]:
    """Each kind of failure among the last requests once, the latest of its kind."""
    told: set[str] = set()
    for request in facts.requests:
        for finding in _findings(facts, request):
            if finding.code not in told:
                told.add(finding.code)
                yield finding


def _findings(facts: Facts, request: RequestFailure) -> Iterator[Finding]:
    if request.code == "run-failed" and request.raised is not None:
        yield from _of_exception(facts, request)
    elif request.code == "worker-died":
        yield _of_death(facts, request)
    elif request.code == "deadline-exceeded":
        yield _of_deadline(facts, request)
    elif request.code == "overloaded":
        yield from check_overloaded(facts, request)
    elif request.code == "body-invalid" and "UTF-8" in request.message:
        yield Finding(
            "body-not-text", Severity.WARNING, "run", "A client sent bytes to a script that takes text.",
            _proof(request), "Take the request as it is: decorate run() with @rawhttp (from "
            "azureml.contrib.services.aml_request import rawhttp), or send the bytes as base64 within JSON.",
        )  # fmt: skip
    elif request.code == "key-missing" and "none of" in request.message:
        yield Finding(
            "key-invalid", Severity.WARNING, "run", "A client sent a key that the service does not have.",
            _proof(request), f"Give it one that is valid: modelport service keys {_name(facts)} (a key that was made "
            "anew ends the old one).",
        )  # fmt: skip
    else:
        yield _as_it_was_told(facts, request)


def _name(facts: Facts) -> str:
    return facts.service.name if facts.service else "NAME"


def _proof(request: RequestFailure) -> tuple[str, ...]:
    return (f"request {request.id}: {request.message}",)


def _as_it_was_told(facts: Facts, request: RequestFailure) -> Finding:
    of_caller = request.code in _OF_THE_CALLER
    remedy = _OF_THE_CALLER.get(request.code) or _OF_THE_SCRIPT.get(request.code) or f"modelport explain {request.code}"
    return Finding(
        request.code, Severity.WARNING if of_caller else Severity.ERROR, "run", request.message,
        (f"request {request.id}", *request.log[-3:]), remedy.replace("NAME", _name(facts)),
        refines=_BEING_REPLACED if request.code == "worker-died" else (),
    )  # fmt: skip


def _of_exception(facts: Facts, request: RequestFailure) -> Iterator[Finding]:
    raised = request.raised
    if raised is None:
        return
    reason = reason_of_run(facts, raised)
    proof = (str(raised), *own_place(raised), f"request {request.id}")
    if reason is not None:
        yield Finding(reason.code, Severity.ERROR, "run", reason.cause, proof, reason.remedy)
        return
    as_failure = Failure("run-failed", request.message, step="run", raised=raised)
    files = list(check_missing_file(replace(facts, failure=as_failure)))
    yield from (replace(finding, step="run") for finding in files)
    if not files:
        text = " run() gets the body as text (str), which needs no decoding." if "decode" in str(raised) else ""
        yield Finding(
            "run-failed", Severity.ERROR, "run", f"run() raised {raised.kind}: {raised.message}", proof[1:],
            f"Mend the line above.{text} The whole traceback: modelport service logs {_name(facts)}",
        )  # fmt: skip


def _of_death(facts: Facts, request: RequestFailure) -> Finding:
    if not _CRASH.search(request.message):
        return _as_it_was_told(facts, request)
    at = own_call(facts, request.stack)
    where = shown(at) if at else "the log of the request"
    return Finding(
        "run-crashed-natively", Severity.ERROR, "run",
        "Native code crashed while run() served a request: a library in C, not a Python error.",
        (request.message, f"request {request.id}"),
        f"Look at {where}. A package that was built for another numpy or Python, or one that bears no threads "
        "(--max-concurrent-requests 1), is the usual reason.",
        refines=_BEING_REPLACED,
    )  # fmt: skip


def _of_deadline(facts: Facts, request: RequestFailure) -> Finding:
    at = own_call(facts, request.stack)
    proof = (f"request {request.id}: {request.message}", *((shown(at),) if at else ()))
    if at is not None and waits(at):
        return Finding(
            "run-hangs", Severity.ERROR, "run", "run() was waiting for something when its time was over.", proof,
            f"Look at {at.file}:{at.line}: what does it wait for? Give queues, locks and connections a time limit.",
            refines=_BEING_REPLACED,
        )  # fmt: skip
    return Finding(
        "deadline-exceeded", Severity.ERROR, "run", "run() was still at work when its time was over.", proof,
        f"Make run() faster, or give it more time: modelport service update {_name(facts)} --scoring-timeout-ms 60000",
        refines=_BEING_REPLACED,
    )  # fmt: skip
