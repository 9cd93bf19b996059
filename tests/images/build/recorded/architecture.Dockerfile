FROM team/foreign:1
LABEL kind=test
RUN true
