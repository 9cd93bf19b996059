# In[1]:

%matplotlib inline
import json

# In[2]:

def init():
    print("ready")

def run(data):
    return sum(json.loads(data))
