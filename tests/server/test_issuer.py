"""A gateway whose people are signed in by somebody else, from the settings to the last answer."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.gateway.identity.forging import Elliptic, forged, opened
from tests.server.command import NO_SERVICES, Run, started

ISSUER = "https://id.example"
ME = {"query": "{ me { name } }"}
ADA = {"data": {"me": {"name": "Ada Byron"}}}


class Issuer:
    """Publishes `keys` at `url`, and counts how often it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/keys"
        self.keys: list[Any] = []
        self.asked = 0


@contextmanager
def publishing() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            body = json.dumps({"keys": issuer.keys}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(server.server_port)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield issuer
        server.shutdown()
        serving.join()


def test_people_are_signed_in_by_the_issuer_that_the_settings_name(run: Run, tmp_path: Path) -> None:
    key, later = Elliptic(), Elliptic()
    with publishing() as issuer:
        settings = {
            "HEDDLE_JWKS_URL": issuer.url,
            "HEDDLE_TOKEN_ISSUER": ISSUER,
            "HEDDLE_TOKEN_AUDIENCE": "shop",
        }
        with started(tmp_path, "--scale", "0.005", "--no-sandbox", **settings, **NO_SERVICES) as command:

            def token(key: Elliptic, kid: str, **changed: Any) -> dict[str, str]:
                now = int(time.time())
                claims = {"iss": ISSUER, "aud": ["shop", "other"], "sub": ada, "iat": now, "exp": now + 60, **changed}
                return {"Authorization": "Bearer " + forged(claims, {"alg": "ES256", "kid": kid}, key.sign)}

            data = ("--data", str(tmp_path / "data"))
            own = run("token", "--as", "ada@example.com", *data, **settings)[1].strip()
            ada = opened(own)["sub"]
            assert command.ask(ME, {"Authorization": f"Bearer {own}"}) == ADA
            assert command.get("/health/ready").json()["sources"]["identity"] == "SOURCE_UNAVAILABLE"  # no key yet
            issuer.keys = [key.jwk(kid="1")]
            deadline = time.monotonic() + 60
            while command.get("/health/ready").json()["sources"]["identity"] != "ok":
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert command.ask(ME, token(key, "1")) == ADA
            for wrong in (token(later, "1"), token(key, "1", aud="heddle"), token(key, "1", iss="heddle")):
                assert command.ask(ME, wrong)["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
            assert run("revoke", "--subject", "auth0|1", *data, **settings)[0] == 0
            asked = issuer.asked
            issuer.keys = []
            assert command.ask(ME, token(key, "1", jti="2")) == ADA
            assert issuer.asked == asked, "known keys are not asked for again at once"
            assert command.end(signal.SIGINT) == 0
            assert "Traceback" not in command.stderr
            assert "nclosed" not in command.stderr
