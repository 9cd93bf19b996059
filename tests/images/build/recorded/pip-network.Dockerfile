FROM team/python:3.11
LABEL kind=test
RUN python3 -m venv /v
COPY w /w
COPY uv /uv
RUN /v/bin/pip install --disable-pip-version-check --retries 1 --index-url http://user:planted@127.0.0.1:9/simple mp-alpha
