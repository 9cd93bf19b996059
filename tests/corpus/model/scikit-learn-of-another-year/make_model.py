"""Trains the model; with a version it leaves in the pickle what that version of scikit-learn left."""

import pickle, sys

import sklearn.base
from sklearn.impute import SimpleImputer

model = SimpleImputer().fit([[2.0], [4.0]])
if sys.argv[1:]:
    sklearn.base.__version__ = sys.argv[1]
    del model._fill_dtype
pickle.dump(model, open("model.pkl", "wb"))
