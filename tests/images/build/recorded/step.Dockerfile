FROM team/python:3.11
LABEL kind=test
# a comment
RUN echo hello && \
    echo world >&2
RUN echo before; sh -c 'echo it broke >&2; exit 7'
