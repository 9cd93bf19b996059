"""The table of checks, and the examination: every check on the same facts, nothing stops it, findings ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelport.diagnosis import checks_init as init
from modelport.diagnosis import checks_machine as machine
from modelport.diagnosis import checks_model_content as content
from modelport.diagnosis import checks_models as models
from modelport.diagnosis import checks_paths as paths
from modelport.diagnosis import checks_run as run
from modelport.diagnosis import checks_run_text as run_text
from modelport.diagnosis import checks_script as script
from modelport.diagnosis import checks_service as service
from modelport.diagnosis import checks_solve as solve
from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, ranked

Check = Callable[[Facts], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    machine.check_disk, machine.check_memory, machine.check_socket_path, machine.check_engine,
    paths.check_missing_path,
    solve.check_local_package,
    script.check_text, script.check_import, script.check_run_returns,
    models.check_model_places, models.check_missing_file,
    content.check_model_content, content.check_pickle_needs, content.check_versions,
    init.check_init, init.check_death, init.check_slow_init,
    run.check_requests, run_text.check_habits, run_text.check_shared_state,
    service.check_failure, service.check_name, service.check_state,
)  # fmt: skip


def examine(facts: Facts) -> list[Finding]:
    """All that the facts tell, the worst first."""
    return ranked(finding for check in CHECKS for finding in check(facts))
