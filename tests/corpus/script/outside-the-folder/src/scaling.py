def scaled(values):
    return [value * 1 for value in values]
