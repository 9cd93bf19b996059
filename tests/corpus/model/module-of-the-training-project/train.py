import pickle

from churnlib import Churn

pickle.dump(Churn(1), open("model.pkl", "wb"))
