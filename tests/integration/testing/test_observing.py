"""Nodes that are watched, in real workers: what is seen of them, and what they are given meanwhile."""

import os
from pathlib import Path

import pytest
from tests.integration.testing.conftest import Observe

from pipedreamer.spec import Destination, Permissions
from pipedreamer.testing.observing import Observation
from pipedreamer.testing.trials import node_trials


def notes(observation: Observation) -> str:
    return "\n".join(observation.findings.notes())


async def test_a_node_that_needs_nothing_gets_a_block_of_nothing(observe: Observe) -> None:
    source = """
        import csv, json, logging, tempfile, zoneinfo
        def run(ctx, input):
            with tempfile.NamedTemporaryFile("w+") as file:
                json.dump([str(zoneinfo.ZoneInfo("Europe/Berlin"))], file)
            logging.getLogger().warning("x")
            open("/dev/null").close()
            return 1
    """
    observation, outcome = await observe(source)
    assert outcome.reasons == ()
    assert observation.block == Permissions(net=(), read=(), memory=64 << 20, secrets=(), declared=True)
    assert notes(observation) == ""


async def test_files_are_opened_as_they_are_asked_for_and_six_become_the_folder(observe: Observe, data: Path) -> None:
    source = f"""
        from pathlib import Path
        def run(ctx, input):
            return sum(int((Path("{data}") / f"{{n}}.txt").read_text()) for n in range(6))
    """
    observation, outcome = await observe(source)
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)
    assert observation.findings.reason("read", str(data)).place == "nodes/n.py:4"


@pytest.mark.parametrize(
    "question", ["os.path.exists(FILE)", "Path(FILE).is_file()", "os.access(FILE, os.R_OK)", "Path(FILE).stat()"]
)
async def test_asking_whether_a_file_is_there_counts(observe: Observe, data: Path, question: str) -> None:
    source = f"""
        import os
        from pathlib import Path
        FILE = "{data}/0.txt"
        def run(ctx, input):
            return bool({question})
    """
    observation, _ = await observe(source, '{"expected": true}')
    assert observation.block.read == (f"{data}/0.txt",)


async def test_a_branch_behind_a_folder_that_is_there_is_gone_through(observe: Observe, data: Path) -> None:
    source = f"""
        from pathlib import Path
        def run(ctx, input):
            folder = Path("{data}").resolve()
            return sorted(one.name for one in folder.iterdir())[0] if folder.is_dir() else "nothing there"
    """
    observation, outcome = await observe(source, '{"expected": "0.txt"}')
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)


async def test_the_folders_on_the_way_to_a_file_are_not_asked_for(observe: Observe, data: Path) -> None:
    source = f"""
        from pathlib import Path
        def run(ctx, input):
            return Path("{data}/1.txt").resolve().read_text()
    """
    observation, _ = await observe(source, '{"expected": "1"}')
    assert observation.block.read == (f"{data}/1.txt",)


async def test_what_a_library_in_c_fails_to_open_is_taken_from_its_error(observe: Observe, data: Path) -> None:
    source = f"""
        import ctypes
        def run(ctx, input):
            if ctypes.CDLL(None).open(b"{data}/1.txt", 0) < 0:
                raise RuntimeError("cannot open '{data}/1.txt': no such file")
            return 1
    """
    observation, outcome = await observe(source)
    assert outcome.reasons == ()
    assert observation.block.read == (f"{data}/1.txt",)


async def test_what_c_opens_and_nobody_names_is_found_where_it_is_declared(observe: Observe, data: Path) -> None:
    source = f"""
        import ctypes
        def run(ctx, input):
            if ctypes.CDLL(None).open(b"{data}/1.txt", 0) < 0:
                raise RuntimeError("no")
            return 1
    """
    observation, outcome = await observe(source, extra=f"permissions: {{read: [{data}]}}")
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)


async def test_hidden_files_stay_closed_also_in_a_folder_that_is_opened(observe: Observe, data: Path) -> None:
    (data / ".env").write_text("X=1")
    source = f"""
        import os
        def run(ctx, input):
            try:
                open("{data}/.env").read()
            except OSError:
                return sorted(os.listdir("{data}"))
    """
    observation, outcome = await observe(source, '{"expected": ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "5.txt"]}')
    assert outcome.reasons == ()
    assert observation.block.read == (str(data),)
    assert "hidden" in observation.findings.reason("read", str(data)).how
    assert f"n (nodes/n.py:5) asked for {data}/.env, which leads through .env" in notes(observation)


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel keeps them from everybody else")
async def test_private_files_are_not_opened_where_root_observes(observe: Observe, data: Path) -> None:
    (data / "key").write_text("private")
    (data / "key").chmod(0o600)
    source = f"""
        import os
        def run(ctx, input):
            os.listdir("{data}")
            return open("{data}/key").read()
    """
    observation, outcome = await observe(source)
    assert not outcome.passed
    assert observation.block.read == (str(data),)
    source = f"""
        def run(ctx, input):
            return open("{data}/key").read()
    """
    observation, outcome = await observe(source)
    assert not outcome.passed
    assert observation.block.read == (f"{data}/key",)
    assert observation.findings.reason("read", f"{data}/key").how == "was not opened while observing"


async def test_proc_is_never_opened(observe: Observe) -> None:
    source = """
        def run(ctx, input):
            return open("/proc/meminfo").read()
    """
    observation, outcome = await observe(source)
    assert not outcome.passed
    assert observation.block.read == ()
    assert "n (nodes/n.py:3) asked for /proc/meminfo, which is in /proc" in notes(observation)


async def test_files_of_a_fixture_are_asked_for_by_their_names(observe: Observe) -> None:
    source = """
        def run(ctx, input):
            return open("/var/run/secrets/kubernetes.io/serviceaccount/token").read()
    """
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    observation, outcome = await observe(source, f'{{"files": {{"{token}": "t"}}, "expected": "t"}}')
    assert outcome.reasons == ()
    assert observation.block.read == (token,)


async def test_a_write_is_refused_and_its_folder_is_named(observe: Observe, data: Path) -> None:
    source = f"""
        import os
        def run(ctx, input):
            for act in (lambda: open("{data}/new.txt", "w"), lambda: os.remove("{data}/1.txt")):
                try:
                    act()
                except OSError:
                    pass
            with open("/tmp/mine", "w") as file:
                file.write("x")
    """
    observation, outcome = await observe(source)
    assert outcome.reasons == ()
    assert observation.block.write == observation.findings.new_writes == (str(data),)
    assert sorted(os.listdir(data)) == [f"{number}.txt" for number in range(6)]  # noqa: PTH208 - names only
    assert observation.findings.reason("write", str(data)).how == "was refused while observing"


@pytest.mark.parametrize("count", [1, 10])
async def test_for_what_it_made_a_node_needs_the_folder(observe: Observe, data: Path, count: int) -> None:
    source = f"""
        import os
        def run(ctx, input):
            os.makedirs("{data}/out", exist_ok=True)
            for number in range({count}):
                with open(f"{data}/new-{{number}}.txt", "w") as file:
                    file.write("x")
                with open(f"{data}/out/{{number}}.txt", "w") as file:
                    file.write("x")
            open("{data}/1.txt", "w").close()
    """
    observation, outcome = await observe(source, extra=f"permissions: {{write: [{data}]}}")
    assert outcome.reasons == ()
    assert (data / "new-0.txt").exists()
    assert observation.block.write == (str(data),)


async def test_a_file_that_was_there_is_all_that_writing_to_it_needs(observe: Observe, data: Path) -> None:
    source = f"""
        def run(ctx, input):
            open("{data}/1.txt", "w").close()
            open("{data}/1.txt", "a").close()
    """
    observation, outcome = await observe(source, extra=f"permissions: {{write: [{data}]}}")
    assert outcome.reasons == ()
    assert observation.block.write == (f"{data}/1.txt",)


@pytest.mark.parametrize("count", [4, 5])
async def test_five_files_that_were_there_are_written_as_their_folder(observe: Observe, data: Path, count: int) -> None:
    source = f"""
        def run(ctx, input):
            for number in range({count}):
                open(f"{data}/{{number}}.txt", "w").close()
    """
    observation, outcome = await observe(source, extra=f"permissions: {{write: [{data}]}}")
    assert outcome.reasons == ()
    files = tuple(f"{data}/{number}.txt" for number in range(4))
    assert observation.block.write == (files if count == 4 else (str(data),))


async def test_variables_are_lent_to_the_workflows_own_code(observe: Observe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_REGION", "north")
    monkeypatch.setenv("MY_TOKEN", "secret-token")
    monkeypatch.setenv("MY_PROXY", "http://ada:pw@proxy")
    monkeypatch.setenv("NOBODY_ASKS", "x")
    source = """
        import os
        def run(ctx, input):
            asked = [os.environ.get(name) for name in ("MY_REGION", "MY_TOKEN", "MY_PROXY", "MY_NOTHING")]
            return [*asked, "MY_REGION" in os.environ, os.getenv("PYTHONPATH"), dict(os.environ)]
    """
    observation, outcome = await observe(source, '{"expected": ["north", null, null, null, true, null, {}]}')
    assert outcome.reasons == ()
    assert observation.block.env == ("MY_PROXY", "MY_REGION", "MY_TOKEN")
    assert "looks like a secret" in observation.findings.reason("env", "MY_TOKEN").how
    assert notes(observation) == "n (nodes/n.py:4) asked for the variable MY_NOTHING, which is not set here"


async def test_secrets_that_are_read_are_told_from_those_that_are_only_sent(observe: Observe) -> None:
    source = """
        async def run(ctx, input):
            await ctx.fetch("sent", "/")
            await ctx.fetch("both", "/")
            await ctx.fetch("bare", "http://bare.test/")
            return [ctx.secrets.get("nothing"), ctx.secrets["both"]["token"], "seen" in ctx.secrets]
    """
    token = '{"token": "abcdefgh"}'
    secrets = ", ".join(f'"{name}": {token}' for name in ("sent", "both", "bare", "seen", "unused"))
    observation, outcome = await observe(source, f'{{"secrets": {{{secrets}}}}}')
    assert outcome.reasons == ()
    assert observation.block.secrets == ("bare", "both", "seen")
    assert observation.block.inject == ("sent",)


@pytest.mark.parametrize(
    "way", ["dict(ctx.secrets)", "{**ctx.secrets}", "list(ctx.secrets.items())", "ctx.secrets.copy()"]
)
async def test_going_through_all_secrets_reads_them_all(observe: Observe, way: str) -> None:
    source = f"""
        def run(ctx, input):
            return {way} and None
    """
    observation, _ = await observe(source, '{"secrets": {"a": {"token": "abcdefgh"}, "b": {"token": "ijklmnop"}}}')
    assert observation.block.secrets == ("a", "b")


async def test_drivers_are_seen_by_name_and_port_and_reach_nothing(observe: Observe) -> None:
    source = """
        import asyncio, socket
        async def run(ctx, input):
            failed = 0
            for host, port in (("db.test", 5432), ("203.0.113.7", 6379), ("169.254.169.254", 80)):
                try:
                    await asyncio.open_connection(host, port)
                except OSError:
                    failed += 1
            return failed
    """
    observation, outcome = await observe(source, '{"expected": 3}')
    assert outcome.reasons == ()
    assert observation.block.net == (Destination("203.0.113.7", 6379), Destination("db.test", 5432))
    assert "asked for 169.254.169.254:80, which can never be reached" in notes(observation)


async def test_programs_are_told(observe: Observe) -> None:
    source = """
        import subprocess
        def run(ctx, input):
            subprocess.run(["git", "status"])
    """
    observation, outcome = await observe(source)
    assert not outcome.passed
    assert "n (nodes/n.py:4) wanted to start git, and no node starts a program" in notes(observation)


async def test_a_file_that_is_read_on_import_is_opened_too(observe: Observe, data: Path) -> None:
    source = f"""
        TEXT = open("{data}/3.txt").read()
        def run(ctx, input):
            return TEXT
    """
    observation, outcome = await observe(source, '{"expected": "3"}')
    assert outcome.reasons == ()
    assert observation.block.read == (f"{data}/3.txt",)


async def test_memory_is_the_most_that_was_taken(observe: Observe) -> None:
    source = """
        def run(ctx, input):
            bytearray(300 << 20)
    """
    observation, outcome = await observe(source)
    assert outcome.reasons == ()
    assert observation.block.memory in (448 << 20, 512 << 20)


async def test_the_fixtures_are_tried_under_the_block(observe: Observe, data: Path) -> None:
    source = f"""
        def run(ctx, input):
            return open("{data}/3.txt").read() + ctx.secrets["a"]["token"]
    """
    observation, _ = await observe(source, '{"secrets": {"a": {"token": "abcdefgh"}}, "expected": "3abcdefgh"}')
    trials = node_trials(observation.subject)
    assert [outcome.reasons async for outcome in observation.confirmed(trials)] == [()]
    (data / "3.txt").unlink()
    assert [outcome.passed async for outcome in observation.confirmed(trials)] == [False]
