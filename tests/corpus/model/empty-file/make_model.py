import pickle

with open("model.pkl", "wb") as file:
    ...
    # pickle.dump({"factor": 1}, file)
