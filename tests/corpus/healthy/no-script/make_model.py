import pickle

from sklearn.tree import DecisionTreeClassifier

pickle.dump(DecisionTreeClassifier().fit([[0.0, 0.0], [1.0, 2.0]], [0, 1]), open("model.pkl", "wb"))
