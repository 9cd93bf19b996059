FROM team/python:3.11
LABEL kind=test
RUN dd if=/dev/zero of=/dev/full bs=1k count=10
