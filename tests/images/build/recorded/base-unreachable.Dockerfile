FROM 127.0.0.1:9/none:1
LABEL kind=test
