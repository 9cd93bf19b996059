"""The exceptions of `azureml.exceptions` that a scoring script can meet or catch."""

__all__ = [
    "AzureMLException",
    "ModelNotFoundException",
    "ModelPathNotFoundException",
    "ServiceException",
    "UserErrorException",
    "WebserviceException",
]


class AzureMLException(Exception):
    """The root of them all; `message` is what went wrong."""

    def __init__(self, exception_message: str, inner_exception: object = None, **kwargs: object) -> None:
        super(AzureMLException, self).__init__(exception_message)
        self.message = exception_message
        self.inner_exception = inner_exception


class UserErrorException(AzureMLException):
    """An argument is not valid."""


class ServiceException(AzureMLException):
    """A service that the script called answered with an error."""


class ModelNotFoundException(AzureMLException):
    """No model of that name lies in the service."""


class ModelPathNotFoundException(AzureMLException):
    """The folder of a model does not hold what it should."""


class WebserviceException(AzureMLException):
    """Something about models or services is wrong; `status_code` is None inside a service."""

    def __init__(self, exception_message: str, status_code: "int | None" = None, **kwargs: object) -> None:
        super(WebserviceException, self).__init__(exception_message, **kwargs)
        self.status_code = status_code
