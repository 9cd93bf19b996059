FROM team/python:3.11
LABEL kind=test
RUN python3 -m venv /v
COPY w /w
COPY uv /uv
RUN VIRTUAL_ENV=/v /uv pip install --no-index --find-links /w mp-nothing
