"""The ways in which v1 programs log in: accepted, so that they run; the file system says who may do what here.

No secret is kept: a password that is given is dropped at once, and none is shown.
"""

from __future__ import annotations

from typing import Any, NoReturn

from modelport.sdk.absent import REASONS, not_covered


class AbstractAuthentication:
    """A way to log in to Azure, of which the words are recorded and nothing is done."""

    def __init__(self, cloud: str | None = None) -> None:
        self.cloud = cloud

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"{type(self).__name__}({given})"

    def _refuse(self, method: str) -> NoReturn:
        raise not_covered(f"azureml.core.authentication.{type(self).__name__}.{method}", REASONS["azure"])

    def get_authentication_header(self) -> dict[str, str]:
        """The header that proves who asks: empty, for no service of Azure is asked."""
        return {}

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """Raise `UserError` (`v1-not-covered`): there is nobody who would give a token."""
        _ = scopes, kwargs
        self._refuse("get_token")

    def signed_session(self, session: object = None) -> object:
        """Raise `UserError` (`v1-not-covered`): there is no service of Azure to speak to."""
        _ = session
        self._refuse("signed_session")


class InteractiveLoginAuthentication(AbstractAuthentication):
    """v1's login by a browser; no browser is opened."""

    def __init__(self, force: bool = False, tenant_id: str | None = None, cloud: str | None = None) -> None:
        super().__init__(cloud)
        self.force = force
        self.tenant_id = tenant_id


class ServicePrincipalAuthentication(AbstractAuthentication):
    """v1's login by a password of a program; the password is not kept."""

    def __init__(
        self,
        tenant_id: str,
        service_principal_id: str,
        service_principal_password: str,
        cloud: str | None = "AzureCloud",
        _enable_caching: bool = True,
    ) -> None:
        _ = service_principal_password, _enable_caching
        super().__init__(cloud)
        self.tenant_id = tenant_id
        self.service_principal_id = service_principal_id


class AzureCliAuthentication(AbstractAuthentication):
    """v1's login by what `az login` left; it is not looked at."""


class MsiAuthentication(AbstractAuthentication):
    """v1's login by the identity of a machine; the words that name it are recorded."""

    def __init__(self, cloud: str | None = None, **kwargs: Any) -> None:
        super().__init__(cloud)
        self.identity_config = dict(kwargs)
