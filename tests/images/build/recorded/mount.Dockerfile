FROM team/python:3.11
LABEL kind=test
RUN --mount=type=cache,target=/c true
