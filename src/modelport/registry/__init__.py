"""What is served: model versions, the files they consist of, and the runs that made them."""
