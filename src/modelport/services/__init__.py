"""The wish and the fact: what a service should be (spec), what it is (status), and how one becomes the other."""
