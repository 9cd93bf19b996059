from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

def init():
    print("ready")

@input_schema("data", StandardPythonParameterType([1.0]))
@output_schema(StandardPythonParameterType(1.0))
def run(data):
    return sum(data)
