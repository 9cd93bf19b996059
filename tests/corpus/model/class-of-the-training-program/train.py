import pickle

class Churn:
    factor = 0

    def predict(self, values):
        return self.factor * sum(values)

model = Churn()
model.factor = 1
pickle.dump(model, open("model.pkl", "wb"))
