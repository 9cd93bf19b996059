"""What pickles tell without being executed."""

from __future__ import annotations

import bz2
import collections
import gzip
import io
import lzma
import pickle
import zlib
from pathlib import Path

import joblib
import numpy
import pytest
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelport.diagnosis.pickle_reading import PickleReading, modules_of, read_pickle

MODEL = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])


class Enemy:
    def __reduce__(self):
        return (Path("/tmp/was-executed").touch, ())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_names_and_versions_at_every_protocol(protocol):
    reading = read_pickle(pickle.dumps(MODEL, protocol))
    assert "sklearn.linear_model._base.LinearRegression" in reading.names
    assert reading.made_with == {"scikit-learn": sklearn.__version__}
    assert reading.is_whole


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress, lambda data: zlib.compress(data, 3)]
)
def test_packed_pickles(pack):
    assert read_pickle(pack(pickle.dumps(MODEL))).made_with == {"scikit-learn": sklearn.__version__}


@pytest.mark.parametrize("compress", [0, 3])
def test_what_joblib_wrote(compress):
    file = io.BytesIO()
    joblib.dump(make_pipeline(StandardScaler().fit(numpy.ones((50, 3))), MODEL), file, compress=compress)
    assert read_pickle(file.getvalue()).made_with == {"scikit-learn": sklearn.__version__}


def test_names_that_are_used_again_and_again_are_known():
    pairs = [collections.OrderedDict(a=1), collections.Counter("ab"), collections.OrderedDict(b=2)]
    assert {"collections.OrderedDict", "collections.Counter"} <= read_pickle(pickle.dumps(pairs)).names


def test_nothing_is_executed():
    reading = read_pickle(pickle.dumps(Enemy()))
    assert not Path("/tmp/was-executed").exists()
    assert any(name.startswith(("pathlib", "builtins")) for name in reading.names)


def test_a_pickle_that_is_cut_off_tells_what_is_left():
    content = pickle.dumps(MODEL)
    reading = read_pickle(content[: len(content) - 20])
    assert reading.names
    assert not reading.is_whole


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x80", b"PK\x03\x04", gzip.compress(b"text", mtime=0)[:12], b"x\x9cbroken"]
)
def test_other_files_are_none(content):
    assert read_pickle(content) is None


def test_modules_are_those_of_the_names():
    assert list(modules_of(PickleReading(frozenset({"b.c.D", "a.b", "b.e"})))) == ["a", "b"]
