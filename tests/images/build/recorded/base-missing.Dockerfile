FROM 127.0.0.1:5777/x/y:1
LABEL kind=test
