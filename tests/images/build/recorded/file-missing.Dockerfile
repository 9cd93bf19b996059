FROM team/python:3.11
LABEL kind=test
COPY nothing.txt /x/
