FROM team/python:3.11
LABEL kind=test
RUN python3 -m venv /v
COPY w /w
COPY uv /uv
RUN VIRTUAL_ENV=/v /uv pip install --index-url https://index.example/simple six
