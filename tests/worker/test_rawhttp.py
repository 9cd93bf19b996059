"""The request object of @rawhttp scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelport.worker import multipart
from modelport.worker.rawhttp import AMLRequest
from modelport.worker.request import Request

FORM = (
    b"--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n\xc3\xa9\r\n"
    b"--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a \\\"b\\\".png\"\r\n"
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x00--X\r\n\r\n--XX--\r\n"
)


def _request(body: bytes = b"", content_type: str = "", target: str = "/score", **headers: str) -> AMLRequest:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return AMLRequest(Request("POST", target, pairs, content_type, body, "id"))


def test_the_query_is_read_by_name() -> None:
    request = _request(target="/score?a=1&a=2&b=%C3%A9&c=")
    assert (request.args["a"], request.args.getlist("a"), request.args.get("a", type=int)) == ("1", ["1", "2"], 1)
    assert (request.args["b"], request.args["c"], request.args.get("d", "none")) == ("é", "", "none")
    assert (request.path, request.query_string) == ("/score", b"a=1&a=2&b=%C3%A9&c=")


def test_headers_are_found_whatever_their_case() -> None:
    request = _request(x_own="1", cookie="a=1; b=2", host="example:5001")
    assert (request.headers["X-OWN"], request.headers.get("nope"), "X-Own" in request.headers) == ("1", None, True)
    assert (request.cookies, request.url) == ({"a": "1", "b": "2"}, "http://example:5001/score")


def test_the_body_is_bytes_text_or_json() -> None:
    request = _request('{"a": "é"}'.encode(), "application/json; charset=utf-8")
    assert request.get_data() == request.data == request.stream.read()
    assert json.loads(request.get_data(as_text=True)) == request.json == {"a": "é"}


def test_json_of_another_content_type_is_none_unless_forced() -> None:
    request = _request(b"[1]", "text/plain")
    assert (request.get_json(), request.get_json(force=True)) == (None, [1])


def test_broken_json_raises_or_is_silent() -> None:
    request = _request(b"{", "application/json")
    assert request.get_json(silent=True) is None
    with pytest.raises(ValueError, match="Expecting"):
        request.get_json()


def test_a_form_is_read() -> None:
    request = _request(b"a=1&b=x+y", "application/x-www-form-urlencoded", "/score?c=2")
    assert request.form.to_dict() == {"a": "1", "b": "x y"}
    assert request.values.to_dict() == {"c": "2", "a": "1", "b": "x y"}


def test_uploaded_files_are_read_byte_for_byte(tmp_path: Path) -> None:
    request = _request(FORM, "multipart/form-data; boundary=XX")
    image = request.files["image"]
    image.save(tmp_path / "saved")
    assert (request.form["title"], image.filename, image.content_type) == ("é", 'a "b".png', "image/png")
    assert image.read() == (tmp_path / "saved").read_bytes() == b"\x89PNG\r\n\x00--X\r\n"


@pytest.mark.parametrize("body", [b"", FORM[:-4], b"--XX\r\nno end of headers\r\n--XX--\r\n"])
def test_a_damaged_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="form"):
        multipart.parse(body, "multipart/form-data; boundary=XX")


def test_a_form_of_too_many_parts_is_refused() -> None:
    part = b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    with pytest.raises(ValueError, match="more than 1000 parts"):
        multipart.parse(part * 1001 + b"--XX--\r\n", "multipart/form-data; boundary=XX")
