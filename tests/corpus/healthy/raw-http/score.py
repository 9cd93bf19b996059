from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    print("ready")

@rawhttp
def run(request):
    return AMLResponse(str(len(request.get_data(False))), 200)
