FROM team/python:3.11
LABEL kind=test
RUN apt-get install -y libnothing-here
