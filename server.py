"""Heddle's command line: `serve`, which is also what runs without a command, and those of `commands/`."""

import gc

gc.disable()  # among modules there is no garbage; to look for it while they load takes a third of a start

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress

from cyclopts import App, CycloptsError, Group, UnusedCliTokensError

from commands.ask import ask
from commands.audit import audit
from commands.doctor import doctor
from commands.documents import documents
from commands.environment import set_options
from commands.explorer import building
from commands.graph import check, plan, schema
from commands.options import ASKS, DATA, DEFAULTS, GRAPH, RUNS, Data, Host, Port, Scale, StandIns, Workers
from commands.reencryption import reencrypt
from commands.sources import sources
from commands.terminal import complain, progress, say, welcome
from commands.tokens import revoke, token
from datasources.errors import SourceError
from datasources.house.documents import IdTaken
from datasources.sandbox.process import Sandbox, SandboxFailed
from datasources.settings import Settings, WrongSetting
from datasources.settings_check import known_to_everybody, services_without_address
from gateway import metrics, processes
from gateway.identity import Tokens
from gateway.manifest import WrongManifest
from gateway.processes import CannotStart
from house import PARTS, SAMPLES, Own, configured, drain_s_of, log_as, opened, person_with
from schema.graph import DOMAINS
from schema.links import LINKS

gc.freeze()
gc.enable()

SELF = "uv run server.py"

EXAMPLES: Mapping[Callable[..., object], tuple[Group, str]] = {
    doctor: (RUNS, "doctor --data /srv/heddle"),
    sources: (RUNS, "sources --json"),
    ask: (ASKS, "ask '{ me { name } }' --as ada@example.com"),
    token: (ASKS, "token --as ada@example.com --ttl 2d"),
    revoke: (ASKS, "revoke --as ada@example.com"),
    schema: (GRAPH, "schema > schema/schema.graphql"),
    check: (GRAPH, "check --against released.graphql"),
    plan: (GRAPH, "plan '{ categories { name } }'"),
    reencrypt: (DATA, "reencrypt --data /tmp/shop"),
    audit: (DATA, "audit --export > audit.jsonl"),
}

cli = App(
    name=SELF,
    help="Heddle: one typed graph over databases and services. Without a command, it serves.",
    help_epilogue=f"Example: {SELF} --port 9000 --data /tmp/shop --scale 0.1",
    help_format="plaintext",
    version_flags=(),
    default_parameter=DEFAULTS,
    result_action="return_value",
)
cli["--help"].group = RUNS
cli.command(documents)
for command, (group, example) in EXAMPLES.items():
    cli.command(command, group=group, help_epilogue=f"Example: {SELF} {example}")


@cli.default
@cli.command(group=RUNS)
def serve(
    *,
    host: Host = None,
    port: Port = None,
    data: Data = None,
    workers: Workers = None,
    scale: Scale = 1.0,
    sandbox: StandIns = True,
) -> None:
    """Serves the graph; in development with sample data, and with stand-ins for the services outside."""
    set_options(host=host, port=port, data=data, workers=workers)
    settings, own = configured()
    log_as(settings)
    processes.usable(settings.data)
    processes.terminated_is_interrupted()
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        listening = stack.enter_context(processes.bound(settings.host, settings.port))
        if not processes.is_private(listening) and (known := known_to_everybody(PARTS)):
            raise CannotStart(
                f"{settings.host} can be reached from other machines, and {', '.join(known)} have values that everybody"
                " knows; set them, or serve on 127.0.0.1"
            )
        stack.enter_context(metrics.of_all_workers(settings.workers))
        address = processes.address_of(listening)
        in_development = settings.env == "development"
        sandbox_url = _stand_ins(stack, settings, own, address) if in_development and sandbox else None
        with building() if in_development else nullcontext():
            greeting = asyncio.run(_prepared(address, scale if in_development else None, sandbox_url))
        processes.serve(
            "house:app",
            listening,
            workers=settings.workers,
            max_message_bytes=settings.max_body_bytes,
            drain_s=drain_s_of(settings),
            operation_timeout_s=settings.operation_timeout_s,
            when_ready=lambda: say(greeting),
        )


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where something is in the way, 2 where the command line cannot be meant."""
    try:
        return cli(arguments, exit_on_error=False, print_error=False) or 0
    except CycloptsError as error:
        complain(f"{_slip(error)} See: {' '.join((SELF, *(error.command_chain or ())))} --help")
        return 2
    except (WrongSetting, WrongManifest, IdTaken, CannotStart, SandboxFailed, SourceError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _slip(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Nothing here is called '{' '.join(error.unused_tokens or ())}'."
    return str(error)


def _stand_ins(stack: ExitStack, settings: Settings, own: Own, address: str) -> str | None:
    """Runs the sandbox while the stack lasts, where a service has no address, and gives it one there."""
    missing = services_without_address(PARTS)
    if not missing:
        return None
    webhooks = [domain.webhook(own[domain.name]) for domain in DOMAINS if domain.webhook]
    events = next(((address + path, secret) for path, secret in webhooks), None)
    url = stack.enter_context(Sandbox(settings.data, events)).url
    os.environ.update({name: f"{url}/{path}" for name, path in missing.items()})
    return url


async def _prepared(address: str, scale: float | None, sandbox_url: str | None) -> str:
    """Migrates; with a scale, makes sample data where there is none yet. What to say as soon as all runs."""
    settings, own = configured()
    async with opened(settings, own) as sources:
        if scale is None:
            return f"Heddle serves at {address}"
        for domain, sample in SAMPLES:
            with progress("Making sample data, this once") as tell:
                await sample.fill(sources[domain.stores], scale=scale, sandbox_url=sandbox_url, progress=tell)
        for fill in [links.fill for links in LINKS if links.fill]:
            with progress("Making sample data of several domains, this once") as tell:
                await fill(sources, sandbox_url=sandbox_url, progress=tell)
        email, query = next((sample.people[0], sample.query) for _, sample in SAMPLES)
        person = await person_with(sources, email)
        token = Tokens.configured(settings).issue(person.signed_in, person.scopes, 12 * 3600) if person else None
        elsewhere = settings.data != Settings.model_fields["data"].default
        return welcome(address, email, token, query, settings.data if elsewhere else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
