FROM team/python:3.11
LABEL kind=test
RUN python3 -m venv /v
COPY w /w
COPY uv /uv
RUN /v/bin/pip install --disable-pip-version-check --no-index --find-links /w --no-build-isolation mp-native
