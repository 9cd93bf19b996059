"""What scoring scripts import besides azureml, for one that is tried in a program; used where the real one is missing.

A row is a module and what each of its names leads to, as in the table of v1's own import paths.
"""

from __future__ import annotations

STAND_INS: dict[str, dict[str, str]] = {
    "azureml_inference_server_http": {},
    "azureml_inference_server_http.api": {},
    "azureml_inference_server_http.api.aml_request": {
        "AMLRequest": "modelport.worker.shims.raw_http:AMLRequest",
        "rawhttp": "modelport.worker.shims.raw_http:rawhttp",
    },
    "azureml_inference_server_http.api.aml_response": {
        "AMLResponse": "modelport.worker.shims.raw_http:AMLResponse",
    },
    "azureml_inference_server_http.log_config": {
        "AMLLogFormatter": "modelport.worker.shims.log_config:AMLLogFormatter",
        "RootAccessFilter": "modelport.worker.shims.log_config:RootAccessFilter",
    },
    "inference_schema": {},
    "inference_schema.parameter_types": {},
    "inference_schema.parameter_types.abstract_parameter_type": {
        "AbstractParameterType": "modelport.worker.shims.abstract_type:AbstractParameterType",
    },
    "inference_schema.parameter_types.numpy_parameter_type": {
        "NumpyParameterType": "modelport.worker.shims.array_types:NumpyParameterType",
    },
    "inference_schema.parameter_types.pandas_parameter_type": {
        "PandasParameterType": "modelport.worker.shims.array_types:PandasParameterType",
    },
    "inference_schema.parameter_types.spark_parameter_type": {
        "SparkParameterType": "modelport.worker.shims.spark_type:SparkParameterType",
    },
    "inference_schema.parameter_types.standard_py_parameter_type": {
        "StandardPythonParameterType": "modelport.worker.shims.standard_type:StandardPythonParameterType",
    },
    "inference_schema.schema_decorators": {
        "input_schema": "modelport.worker.shims.decorators:input_schema",
        "output_schema": "modelport.worker.shims.decorators:output_schema",
    },
    "inference_schema.schema_util": {
        "get_input_schema": "modelport.worker.shims.schema_util:get_input_schema",
        "get_output_schema": "modelport.worker.shims.schema_util:get_output_schema",
        "get_schemas_dict": "modelport.worker.shims.schema_util:get_schemas_dict",
        "get_supported_versions": "modelport.worker.shims.schema_util:get_supported_versions",
        "is_schema_decorated": "modelport.worker.shims.schema_util:is_schema_decorated",
    },
    "ptvsd": {
        "attach": "modelport.worker.shims.ptvsd:attach",
        "break_into_debugger": "modelport.worker.shims.ptvsd:break_into_debugger",
        "enable_attach": "modelport.worker.shims.ptvsd:enable_attach",
        "is_attached": "modelport.worker.shims.ptvsd:is_attached",
        "wait_for_attach": "modelport.worker.shims.ptvsd:wait_for_attach",
    },
}
