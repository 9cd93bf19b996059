import pickle

pickle.dump({"factor": 1}, open("model.pkl", "wb"))
