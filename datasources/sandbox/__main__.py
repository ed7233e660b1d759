"""`python -m datasources.sandbox`: serves until it is told to end, and says its port in one line of JSON on stdout."""

import argparse
import os
from contextlib import closing, suppress
from pathlib import Path

from datasources.sandbox.engine import Engine


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m datasources.sandbox", description="Heddle's outside world.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where sandbox.db and the log live")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--webhook-url", help="where payment events are sent, signed with the environment's WEBHOOK_SECRET"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent closes stdin or dies")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    # uvicorn ends in order at a Ctrl-C, and then raises it again
    with closing(Engine(options.data / "localstripe.log")) as engine, suppress(KeyboardInterrupt):
        from datasources.sandbox.app import serve  # after the child has started, so that both import side by side

        serve(
            options.data,
            options.port,
            engine,
            (options.webhook_url, os.environ["WEBHOOK_SECRET"]) if options.webhook_url else None,
            _wait_for_closed_stdin if options.until_stdin_closes else None,
        )


def _wait_for_closed_stdin() -> None:
    os.read(0, 1)  # not sys.stdin, whose lock a waiting thread would hold when the interpreter ends


if __name__ == "__main__":
    main()
