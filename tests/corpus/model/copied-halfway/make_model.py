import pickle

pickle.dump({"factor": 1, "weights": b"0" * 4000}, open("model.pkl", "wb"))
