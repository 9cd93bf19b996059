import os

os.truncate("model.pkl", os.path.getsize("model.pkl") // 2)
