"""kill -9 at every point that tracing finds in a command: what it makes is absent or complete, never a part."""

from __future__ import annotations

import pytest
from tests.stress.conftest import Size
from tests.stress.fault_commands import AFTER, BEFORE, BEGUN, Command, Commands, report, sampled
from tests.stress.fault_points import Point, killed_at

pytestmark = pytest.mark.timeout(3600)  # the long form goes through every point, some seconds each

COMMANDS = ("register", "deploy", "update", "delete")


def complaints(command: Command, point: Point) -> list[str] | None:
    """What is wrong after a kill at that point; None if it was not reached: how many pages of the catalogue a commit
    writes varies a little, so that the last of them may not come."""
    command.prepare()
    if not killed_at(point, command.program):
        return None
    left = command.state()
    wrong = [] if left in (BEFORE, AFTER, *([BEGUN] if command.name == "delete" else [])) else [left]
    return [*wrong, *command.home.damage(), *command.repeated(left), *command.home.damage()]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_left_nothing_or_everything(fault_commands: Commands, size: Size, name: str) -> None:
    command = fault_commands[name]
    points = sampled(command.points(), size)
    wrong, missed = [], 0
    for point in points:
        found = complaints(command, point)
        missed += found is None
        wrong += report(point, "kill", found or [], "not reached" if found is None else "survived")
    print(f"killed at {len(points) - missed} points of {len(points)}, {len(wrong)} complaints")
    if missed > max(1, len(points) // 10):
        wrong.append(f"{missed} points were not reached")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
