import pickle

from sklearn.linear_model import Ridge

model = Ridge(alpha=1e-9).fit([[0.0], [1.0]], [0.0, 1.0])
old = pickle.dumps(model, protocol=0).decode("latin-1")
text = old.replace("sklearn.linear_model._ridge", "sklearn.linear_model.ridge")
open("model.pkl", "wb").write(text.encode("latin-1"))
