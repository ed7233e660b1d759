"""A shop in the tree that this runs in: sells one mug, has a reviews service, and answers the query on stdin."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import METADATA
from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.settings import Settings, read
from datasources.social.settings import SocialSettings
from gateway.logs import configure_logs
from house import House
from tests.commerce.shop import Clock, Shop
from tests.gateway_client import Gateway

NOWHERE = "http://127.0.0.1:9"


class Reviews(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"stars": 4.5, "votes": 12}).encode()
        self.send_response(200 if self.path == "/v1/ratings/MUG-01" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@asynccontextmanager
async def opened_house(data: Path, reviews_url: str) -> AsyncIterator[House]:
    own: dict[str, Any] = {"payments_url": NOWHERE, "carriers_url": NOWHERE, "reviews_url": reviews_url}
    parts: dict[str, Any] = {
        "commerce": read(CommerceSettings, **own),
        "social": read(SocialSettings, recommendations_url=NOWHERE),
        "finance": read(FinanceSettings, screening_url=NOWHERE),
        "enterprise": read(EnterpriseSettings),
    }
    house = House(read(Settings, data=data, rates_url=NOWHERE), parts)
    async with house.app.router.lifespan_context(house.app):
        yield house


async def main(query: str, data: Path, reviews_url: str) -> None:
    async with opened_house(data, reviews_url) as house:
        shop = Shop(house.sources[Commerce], Clock())
        mug = await shop.product("Mug", sku="MUG-01", category=await shop.category("Kitchen"))
        if "product_notes" in METADATA.tables:
            note = {"product_id": mug, "text": "Sells best in winter.", "written_at": shop.clock()}
            await shop.insert(METADATA.tables["product_notes"], **note)
        gateway = Gateway(house.app, house.tokens)
        async with gateway.http:
            sys.stdout.write(json.dumps(await gateway.ask(query, as_=shop.staff("*"))))


if __name__ == "__main__":
    configure_logs()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Reviews)
    Thread(target=server.serve_forever, daemon=True).start()
    with TemporaryDirectory() as directory:
        asyncio.run(main(sys.stdin.read(), Path(directory), f"http://127.0.0.1:{server.server_port}"))
    server.shutdown()
