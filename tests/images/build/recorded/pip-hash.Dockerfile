FROM team/python:3.11
LABEL kind=test
RUN python3 -m venv /v
COPY w /w
COPY uv /uv
RUN echo 'mp-alpha==1.0 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000' > /r; /v/bin/pip install --disable-pip-version-check --no-index --find-links /w --require-hashes -r /r
