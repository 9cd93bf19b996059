class Churn:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, values):
        return self.factor * sum(values)
