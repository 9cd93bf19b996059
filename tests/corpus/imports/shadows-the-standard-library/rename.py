import os

os.rename("random.py", "sampling.py")
