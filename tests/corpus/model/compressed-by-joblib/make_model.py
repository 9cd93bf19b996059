import pickle, zlib

# What joblib.dump({"factor": 1}, "model.pkl", compress=3) writes.
with open("model.pkl", "wb") as file:
    file.write(zlib.compress(pickle.dumps({"factor": 1}), 3))
