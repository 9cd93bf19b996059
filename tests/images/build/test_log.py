"""How the lines of each builder become steps."""

from __future__ import annotations

from modelport.images.build.dockerfile_steps import Instruction, instructions, locate
from modelport.images.build.log import BuildLog, Progress
from modelport.images.build.masking import Masker


def told(lines: list[str], dockerfile: str = "") -> list[str]:
    log = BuildLog(instructions(dockerfile))
    return [str(progress) for progress in map(log.feed, lines) if progress]


def test_the_lines_of_buildkit():
    lines = [
        "#1 [internal] load build definition from Dockerfile",
        "#1 sha256:0123",
        "#1 DONE 0.0s",
        "",
        "#4 [builder 1/2] FROM docker.io/team/base:1",
        "#4 CACHED",
        "#5 [builder 2/2] RUN make",
        "#5 0.359 hello",
        "#5 DONE 2.5s",
        "#6 exporting to image",
        "#6 DONE 0.1s",
    ]
    assert told(lines, "FROM team/base:1 AS builder\nRUN make\n")[1:] == [
        "step 1 of 2: FROM docker.io/team/base:1",
        "step 1 of 2: FROM docker.io/team/base:1 (cached)",
        "step 2 of 2: RUN make",
        "  | hello",
        "step 2 of 2: RUN make done in 2.5 s",
        "exporting to image",
        "exporting to image done in 0.1 s",
    ]


def test_the_lines_of_the_classic_builder():
    lines = [
        "Sending build context to Docker daemon  2.048kB",
        "Step 1/2 : FROM base",
        " ---> 0123456789ab",
        "Step 2/2 : RUN make",
        " ---> Using cache",
        "\x1b[91mhello\x1b[0m",
    ]
    assert told(lines) == [
        "Sending build context to Docker daemon  2.048kB",
        "step 1 of 2: FROM base",
        "step 2 of 2: RUN make",
        "step 2 of 2: RUN make (cached)",
        "  | hello",
    ]


def test_the_lines_of_buildah():
    lines = ["[1/2] STEP 1/2: FROM base AS one", "[1/2] STEP 2/2: RUN make", "hello", "[2/2] STEP 1/1: FROM one"]
    begun = ["step 1 of 2: FROM base AS one", "step 2 of 2: RUN make"]
    assert told(lines) == [*begun, "  | hello", "step 1 of 1: FROM one"]


def test_steps_of_buildkit_may_run_at_once():
    log = BuildLog()
    for line in ("#5 [a 1/1] RUN one", "#6 [b 1/1] RUN two", "#5 0.1 from one", "#6 0.1 from two", "#6 ERROR: broken"):
        log.feed(line)
    assert log.failed is not None
    assert (log.failed.name, list(log.failed.output)) == ("RUN two", ["from two"])


def test_progress_is_a_line_and_its_parts():
    progress = Progress("done", "RUN make", 2, 7, 1.25)
    assert str(progress) == "step 2 of 7: RUN make done in 1.2 s"


def test_the_line_of_an_instruction_that_is_continued():
    text = "FROM a\n\nRUN one && \\\n  # why\n  two\nCOPY x /\n"
    assert instructions(text)[1:] == (Instruction(3, "RUN one && two"), Instruction(6, "COPY x /"))
    assert locate(text, "RUN one &&   two") == Instruction(3, "RUN one && two")


def test_the_lines_of_a_heredoc_are_no_instructions():
    text = "FROM a\nRUN <<EOF\nFROM nothing\nEOF\nRUN two\n"
    assert [(each.line, each.keyword) for each in instructions(text)] == [(1, "FROM"), (2, "RUN"), (5, "RUN")]


def test_an_instruction_with_its_variables_replaced_is_found():
    text = "FROM a\nARG V=1\nRUN one\nCOPY model-$V /models/model-$V\n"
    assert locate(text, "COPY model-1 /models/model-1").line == 4


def test_a_step_of_the_builder_is_no_instruction():
    assert locate("FROM a\n", "exporting to image") is None


def test_known_secrets_and_credentials_of_urls_are_hidden():
    mask = Masker(["s3cret%21"])
    assert mask("got s3cret! from https://me:other@host/x, s3cret%21") == "got *** from https://***@host/x, ***"


def test_a_user_name_alone_may_be_a_token():
    assert Masker()("https://ghp_token@host/x") == "https://***@host/x"


def test_an_at_sign_that_is_no_login_stays():
    assert Masker()("pkg @ https://host/a@b") == "pkg @ https://host/a@b"
