"""The descriptions of a service for other programs: Swagger 2.0, OpenAPI 3.0 and 3.1, from the schema decorators."""

import json
import os

from . import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

VERSIONS = ("2", "3", "3.1")
_OWN_FILES = (("2", ("swagger2.json", "swagger.json")), ("3", ("swagger3.json",)))
_ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "What kind of problem it is."},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "What is wrong in this case."},
        "status": {"type": "integer", "format": "int32"},
        "request_id": {"type": "string", "description": "Finds the request in the service's log."},
    },
}


def documents(service_input: "Json", service_output: "Json", app_root: str) -> "dict[str, Json]":
    """The document of each version; a swagger.json, swagger2.json or swagger3.json in the app root takes precedence."""
    found = {
        "2": _swagger_2(service_input, service_output),
        "3": _openapi("3.0.3", service_input, service_output),
        "3.1": _openapi("3.1.0", _with_examples(service_input), _with_examples(service_output)),
    }
    for version, names in _OWN_FILES:
        for name in names:
            own = _own_document(os.path.join(app_root, name))
            if own is not None:
                found[version] = own
                break
    return found


def _own_document(path: str) -> "Json | None":
    try:
        with open(path, "rb") as file:
            document = json.loads(file.read().decode("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        from .traces import log

        log("%s cannot be used as the description of the service: %s" % (path, error))
        return None
    return document if isinstance(document, dict) else None


def object_schema(parts: "list[tuple[str, Json, bool]]") -> "Json":
    """The schema of an object of (name, schema with example, required) parts, with an example of the whole."""
    properties = {}
    example = {}
    for name, schema, _ in parts:
        described = dict(schema)
        if "example" in described:
            example[name] = described.pop("example")
        properties[name] = described
    whole = {"type": "object", "properties": properties, "example": example}
    required = [name for name, _, needed in parts if needed]
    return dict(whole, required=required) if required else whole


def _info() -> "Json":
    name = environment.service_name()
    return {
        "title": name,
        "description": "Scores requests with the model of '%s'." % name,
        "version": environment.service_version(),
    }


def _operations(answer: "Any", request: "Json", error: "Json", secured: "Json") -> "Json":
    """The paths, with the parts that differ between the generations filled in."""
    prefix = environment.service_path_prefix()
    health = {
        "operationId": "ServiceHealthCheck",
        "description": "Tells whether the service is ready.",
        "responses": {"200": answer("The service is ready.", {"type": "string"}, "text/html"), "default": error},
    }
    score = {
        "operationId": "RunMLService",
        "description": "Runs the model on the request's data.",
        "responses": {"200": answer("The model's answer.", None, "application/json"), "default": error},
    }
    score.update(request)
    score.update(secured)
    described = {
        "operationId": "GetSwaggerSpec",
        "description": "Returns this description.",
        "parameters": [_version_parameter(answer)],
        "responses": {"200": answer("The description.", {"type": "object"}, "application/json"), "default": error},
    }
    return {
        prefix + "/": {"get": health},
        prefix + "/score": {"post": score},
        prefix + "/swagger.json": {"get": described},
    }


def _version_parameter(answer: "Any") -> "Json":
    kind = {"type": "string", "enum": list(VERSIONS)}
    common = {"name": "version", "in": "query", "required": False, "description": "The generation of the description."}
    return dict(common, **(kind if answer is _answer_2 else {"schema": kind}))


def _answer_2(description: str, schema: "Json | None", _content_type: str) -> "Json":
    return {"description": description, "schema": schema or {"$ref": "#/definitions/ServiceOutput"}}


def _answer_3(description: str, schema: "Json | None", content_type: str) -> "Json":
    reference = schema or {"$ref": "#/components/schemas/ServiceOutput"}
    return {"description": description, "content": {content_type: {"schema": reference}}}


def _swagger_2(service_input: "Json", service_output: "Json") -> "Json":
    request = {
        "parameters": [
            {
                "in": "body",
                "name": "serviceInputPayload",
                "required": True,
                "schema": {"$ref": "#/definitions/ServiceInput"},
            }
        ]
    }
    error = {"description": "What went wrong.", "schema": {"$ref": "#/definitions/ErrorResponse"}}
    secured = {"security": [{"Bearer": []}]}  # type: Json
    return {
        "swagger": "2.0",
        "info": _info(),
        "schemes": ["https", "http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "paths": _operations(_answer_2, request, error, secured),
        "definitions": {"ServiceInput": service_input, "ServiceOutput": service_output, "ErrorResponse": _ERROR},
    }


def _openapi(version: str, service_input: "Json", service_output: "Json") -> "Json":
    schema = {"$ref": "#/components/schemas/ServiceInput"}
    request = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}
    error = {"description": "What went wrong.", "content": problem}
    return {
        "openapi": version,
        "info": _info(),
        "paths": _operations(_answer_3, request, error, {"security": [{"Bearer": []}]}),
        "components": {
            "securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"ServiceInput": service_input, "ServiceOutput": service_output, "ErrorResponse": _ERROR},
        },
    }


def _with_examples(schema: "Json") -> "Json":
    """As 3.1 has it, whose schemas are those of JSON Schema: a list `examples` instead of one `example`."""
    changed = {name: value for name, value in schema.items() if name != "example"}
    return dict(changed, examples=[schema["example"]]) if "example" in schema else changed
