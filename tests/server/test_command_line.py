"""What the commands say, and what they refuse."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

import commands.graph
import server
from datasources.settings import Settings, read
from gateway.plan import Plans
from house import House
from tests.server.command import PRODUCTION, ROOT, Run, environment

VARIABLES = """Write the variables as a JSON object, such as '{"first": 3}'."""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prot", "8000"], "Unknown option: --prot. Did you mean --port?"),
        (["--port", "http"], 'Invalid value for --port: unable to convert "http" into int.'),
        (["--port", "65536"], 'Invalid value "65536" for --port. Must be <= 65535.'),
        (["--scale", "0"], 'Invalid value "0.0" for --scale. Must be > 0.'),
        (["sreve", "now"], "Nothing here is called 'sreve now'."),
        (["token"], 'Command "token" parameter --as requires an argument.'),
        (
            ["token", "--as", "ada@example.com", "--ttl", "soon"],
            'Invalid value for --ttl: unable to convert "soon" into timedelta.',
        ),
        (["token", "--as", "x", "--ttl", "0s"], 'Invalid value "0:00:00" for --ttl. Write for example 30m.'),
    ],
)
def test_a_slip_of_the_finger_gets_a_line_and_exit_code_2(run: Run, arguments: list[str], said: str) -> None:
    command = "uv run server.py token" if arguments[0] == "token" else "uv run server.py"
    assert run(*arguments) == (2, "", [f"error: {said} See: {command} --help"])


def test_a_wrong_setting_stops_the_start_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "server.py")]
    settings = environment(HEDDLE_PORT="http", HEDDLE_PROT="8000")
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: HEDDLE_PROT is no setting; did you mean HEDDLE_PORT?\n"
        "error: HEDDLE_PORT is wrong: input should be a valid integer, unable to parse string as an integer; "
        "write for example HEDDLE_PORT=8000\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_said_with_the_remedy(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, lines = run("--port", str(port))
    assert code == 1
    assert lines == [
        f"error: 127.0.0.1, port {port}, cannot be served: Address already in use; choose another by --port"
    ]


def test_known_secrets_are_not_shown_to_other_machines(run: Run) -> None:
    code, said, complaints = run("--host", "0.0.0.0", "--port", "0")
    assert (code, said, len(complaints)) == (1, "", 1)
    assert complaints[0].startswith("error: 0.0.0.0 can be reached from other machines, and HEDDLE_TOKEN_SECRET, ")
    assert complaints[0].endswith(" have values that everybody knows; set them, or serve on 127.0.0.1")


def test_a_directory_that_keeps_no_data_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run("--port", "0", "--data", "file") == (
        1,
        "",
        ["error: 'file' cannot keep data: File exists; name another: --data DIR"],
    )


def test_what_it_keeps_is_for_its_user_alone(run: Run, tmp_path: Path) -> None:
    run("--port", "0", "--data", "new/data", HEDDLE_COMMERCE_DATABASE_URL="postgresql://127.0.0.1:1/shop")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_dead_database_is_said(run: Run) -> None:
    url = "postgresql://heddle:hunter2@127.0.0.1:1/shop"
    code, _, (line,) = run("--port", "0", HEDDLE_COMMERCE_DATABASE_URL=url)
    assert code == 1
    assert line.startswith("error: The database 'commerce' does not answer: ")
    assert line.endswith("; start it, or correct HEDDLE_COMMERCE_DATABASE_URL")
    assert "hunter2" not in line


def test_a_token_of_nobody_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("token", "--as", "ada@example.com") == (
        1,
        "",
        ["error: There is no directory 'data'; run 'uv run server.py' once, or name another"],
    )
    (tmp_path / "data").mkdir()
    assert run("token", "--as", "ada@example.com") == (
        1,
        "",
        ["error: Nobody has the address 'ada@example.com'; run 'uv run server.py' once to have sample people"],
    )


def test_a_missing_service_is_said(run: Run) -> None:
    code, _, (line,) = run("--port", "0", "--no-sandbox")
    assert (code, line) == (1, "error: HEDDLE_PAYMENTS_URL is missing: write the address of the service 'payments'.")


def test_production_issues_no_tokens(run: Run) -> None:
    assert run("token", "--as", "ada@example.com", **PRODUCTION) == (
        1,
        "",
        ["error: This is for development; in production, whoever knows the people issues their tokens"],
    )


def test_the_graph_is_compared_with_the_committed_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, sdl, _ = run("schema")
    assert (code, sdl.count("\ntype Query ")) == (0, 1)
    monkeypatch.setattr(commands.graph, "SDL", tmp_path / "schema.graphql")
    commands.graph.SDL.write_text(sdl)
    assert run("schema", "--check") == (0, "", [])
    commands.graph.SDL.write_text(sdl.replace("type Mutation", "type Mutations"))
    code, diff, lines = run("schema", "--check")
    assert code == 1
    assert "-type Mutations {" in diff
    assert "+type Mutation {" in diff
    assert lines == [
        "error: The graph is not as committed; if it should be so: uv run server.py schema > schema/schema.graphql"
    ]


def test_help_shows_the_commands_and_an_example(run: Run) -> None:
    code, text, _ = run("--help")
    assert code == 0
    for word in ("serve", "token", "schema", "reencrypt", "--port", "--no-sandbox", "Example: uv run server.py"):
        assert word in text


@pytest.mark.parametrize("command", [*(command.__name__ for command in server.EXAMPLES), "documents"])
def test_the_help_of_a_command_has_an_example_of_its_own(run: Run, command: str) -> None:
    code, text, _ = run(command, "--help")
    assert code == 0
    assert f"Example: uv run server.py {command} " in text


def test_a_command_tells_of_every_wrong_setting_at_once(run: Run) -> None:
    wrong = {"HEDDLE_PORT": "http", "HEDDLE_PROT": "8000", "HEDDLE_COMMERCE_DATABASE_URL": "mysql://shop"}
    code, _, lines = run("token", "--as", "ada@example.com", **wrong)
    assert code == 1
    assert [line.split()[1] for line in lines] == ["HEDDLE_PROT", "HEDDLE_PORT", "HEDDLE_COMMERCE_DATABASE_URL"]


def test_a_plan_says_what_is_loaded_with_what(run: Run) -> None:
    query = (
        "query ($deep: Boolean!) { products { nodes { name category { name parent @include(if: $deep) { id } } } } }"
    )
    assert run("plan", query, "--variables", '{"deep": true}') == (
        0,
        "products                       load commerce.products\n"
        "  nodes                        attribute nodes\n"
        "    name                       attribute name\n"
        "    category                   load commerce.category_by_id by category_id\n"
        "      name                     attribute name\n"
        "      parent                   load commerce.category_by_id by parent_id\n"
        "        id                     computed from id\n"
        "It costs 137 at most.\n",
        [],
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{ nothing }"], "Cannot query field 'nothing' on type 'Query'."),
        (["{ products "], "Syntax Error: Expected Name, found <EOF>."),
        (
            ["query ($n: Int!) { products(first: $n) { totalCount } }"],
            "Variable '$n' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
        ),
        (["{ products { totalCount } }", "--variables", "no"], VARIABLES),
        (["{ products { totalCount } }", "--variables", "[1]"], VARIABLES),
    ],
)
def test_a_query_without_a_plan_says_why(run: Run, arguments: list[str], said: str) -> None:
    assert run("plan", *arguments) == (1, "", [f"error: {said}"])


@pytest.mark.parametrize(("executor", "planned"), [("plan", 1), ("graphql-core", 0)])
async def test_plans_can_be_turned_off(
    executor: str, planned: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_by_plan: list[str | None] = []
    execute = Plans.execute

    async def counted(plans: Plans, context: Any, variables: dict[str, Any], name: str | None) -> Any:
        run_by_plan.append(name)
        return await execute(plans, context, variables, name)

    monkeypatch.setattr(Plans, "execute", counted)
    with patch.dict(os.environ, environment(HEDDLE_EXECUTOR=executor, HEDDLE_DATA=str(tmp_path)), clear=True):
        house = House(read(Settings), {})
    transport = httpx.ASGITransport(app=house.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
        answer = await http.post("/graphql", json={"query": "query Kind { __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert len(run_by_plan) == planned
