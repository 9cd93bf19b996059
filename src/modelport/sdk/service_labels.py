"""Tags and properties of a service, changed by themselves: nothing is rolled out for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelport.registry.labels import add_properties as more_properties
from modelport.registry.labels import check_labels
from modelport.sdk.arguments import say
from modelport.sdk.model_arguments import words_of
from modelport.sdk.service_view import ServiceView
from modelport.services.request import Labels, ServiceChange


class ServiceLabels(ServiceView):
    """How tags are added and removed, and properties added."""

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add tags; those that are there already change, and a line says so."""
        before = self.tags
        self._relabel(Labels(tags={**before, **check_labels("tags", tags)}))
        for key in tags:
            if key in before:
                say(f"Tag {key}: {before[key]} -> {tags[key]}")
        say(f"Tags added to service {self.name}.")

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Remove tags by their keys; one that is not there is no error, a line says so."""
        before, unwanted = self.tags, words_of(tags)
        self._relabel(Labels(tags={key: value for key, value in before.items() if key not in unwanted}))
        for key in unwanted:
            if key not in before:
                say(f"Service {self.name} has no tag {key}.")
        say(f"Tags removed from service {self.name}.")

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties; raises `ConflictError` (`properties-immutable`) if one of the keys is there already."""
        self._relabel(Labels(properties=more_properties(self.properties, check_labels("properties", properties))))
        say(f"Properties added to service {self.name}.")

    def _relabel(self, labels: Labels) -> None:
        self._last = self._manager.update(self.name, ServiceChange(labels=labels))
