"""A developer's first minutes with the explorer, in a real browser, over the command and its sample data."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from gateway.explorer import BUILT
from tests.server.command import started

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
READY = (BUILT / "index.html").exists() or shutil.which("npm")

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs a browser: apt-get install chromium"),
    pytest.mark.skipif(not READY, reason="needs npm to build the explorer"),
]

expect.set_options(timeout=60_000)
EDITOR, ANSWER = ".graphiql-query-editor", ".graphiql-response"


class Watch:
    """What pages say and ask that they must not: anything of another host, and errors."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.wrong: list[str] = []

    async def pass_or_note(self, route: Route) -> None:
        if route.request.url.startswith((f"{self._url}/", "data:", "blob:")):
            await route.continue_()
        else:
            self.wrong.append(route.request.url)
            await route.abort()

    def over(self, page: Page) -> None:
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("websocket", lambda socket: self.wrong.append(socket.url) if self._foreign(socket.url) else None)

    def _foreign(self, socket: str) -> bool:
        return not socket.startswith(self._url.replace("http", "ws"))


@asynccontextmanager
async def browsing(url: str) -> AsyncIterator[tuple[BrowserContext, Watch]]:
    watch = Watch(url)
    async with async_playwright() as playwright:
        arguments = [] if os.geteuid() else ["--no-sandbox"]  # as root, Chromium has none
        async with await playwright.chromium.launch(executable_path=BROWSER, args=arguments) as browser:
            context = await browser.new_context(base_url=url, viewport={"width": 1360, "height": 820})
            await context.route("**/*", watch.pass_or_note)
            context.on("page", watch.over)
            yield context, watch


async def test_the_first_minutes(tmp_path: Path) -> None:
    with started(tmp_path, "--scale", "0.01") as command:
        async with browsing(command.url) as (context, watch):
            page = await opened(context)
            await write_with_completion(page)
            await sign_in(page)
            await see_the_plan(page)
            await be_warned_of_what_loads_one_by_one(page)
            await see_parts_arrive(page)
            await hear_an_event_of_a_second_window(page, context)
            await read_by_night(page)
        assert watch.wrong == []


async def opened(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto("/graphql")
    await expect(page.locator(f"{EDITOR} .view-line").first).to_be_visible()
    return page


async def write_with_completion(page: Page) -> None:
    await write(page, "{ prod")
    await accept(page, "products")
    await page.keyboard.type("(first: 1) { nodes { categ")
    await accept(page, "category")
    await page.keyboard.type(" { name")
    await run(page)
    await expect(page.locator(ANSWER)).to_contain_text('"category"')
    await expect(page.get_by_role("status")).to_contain_text("statements")


async def sign_in(page: Page) -> None:
    await write(page, "{ me { name } }")
    await run(page)
    await expect(page.locator(ANSWER)).to_contain_text("UNAUTHENTICATED")
    await page.get_by_role("button", name="Heddle as nobody").click()
    await page.get_by_role("button", name="ada@example.com").click()
    await expect(page.get_by_role("button", name="Heddle as Ada")).to_be_visible()
    await run(page)
    await expect(page.locator(ANSWER)).to_contain_text("Ada Byron")


async def see_the_plan(page: Page) -> None:
    await try_example(page, "Orders, over a database and three services", "Admin")
    await expect(page.locator(ANSWER)).to_contain_text("Ada Byron")
    await page.get_by_role("status").get_by_role("button", name="Plan").click()
    panel = page.locator(".heddle-panel")
    for edge in ("commerce.orders_by_customer", "commerce.payment_by_id", "commerce.price_in"):
        await expect(panel.get_by_role("listitem").filter(has_text=edge).first).to_be_visible()
    await expect(panel.get_by_role("alert")).to_contain_text("the service gives one at a time")
    await expect(panel).to_contain_text("Cost, actual")


async def be_warned_of_what_loads_one_by_one(page: Page) -> None:
    """Of which there is nothing in this graph: so the answer of one that does is put into its place."""
    step = {"source": "shop", "kind": "sql", "target": "prices", "edge": "shop.price", "keys": 1, "rows": 1}
    steps = [{**step, "startMs": at, "durationMs": 1.0, "failed": False} for at in range(4)]
    plan = {"durationMs": 5.0, "statements": 4, "calls": 0, "steps": steps}
    await page.route("**/graphql", lambda route: route.fulfill(json={"data": {}, "extensions": {"plan": plan}}))
    await run(page)
    await expect(page.locator(".heddle-panel").get_by_role("alert")).to_have_text(
        "shop.price was asked 4 times, for one key each: it loads one by one."
    )
    await page.unroute("**/graphql")


async def see_parts_arrive(page: Page) -> None:
    await try_example(page, "A slow part comes later", "Admin")
    await expect(page.get_by_role("status")).to_contain_text("2 parts")
    await expect(page.locator(ANSWER)).to_contain_text('"payment"')


async def hear_an_event_of_a_second_window(page: Page, context: BrowserContext) -> None:
    await try_example(page, "Orders and carts, live", "Admin")
    await expect(page.get_by_role("status")).to_contain_text("Live")
    second = await opened(context)
    await try_example(second, "Emptying the cart", "Bo")
    await expect(second.locator(ANSWER)).to_contain_text('"lines": []')
    await expect(page.locator(ANSWER)).to_contain_text("CART_CHANGED")
    await page.get_by_role("status").get_by_role("button", name="Events").click()
    await expect(page.get_by_title("Copy this cursor")).to_have_text(re.compile(r"\S{20,}"))
    await second.close()


async def read_by_night(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator(".graphiql-container")).to_have_css("background-color", "rgb(33, 42, 59)")


async def write(page: Page, text: str) -> None:
    await page.locator(EDITOR).get_by_role("textbox").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.type(text)


async def accept(page: Page, word: str) -> None:
    suggested = page.locator(".suggest-widget .monaco-list-row.focused")
    await expect(suggested).to_contain_text(word)
    await page.keyboard.press("Tab")


async def run(page: Page) -> None:
    await page.locator(EDITOR).get_by_role("textbox").press("Control+Enter")


async def try_example(page: Page, title: str, as_: str) -> None:
    if not await page.get_by_role("heading", name="Examples").is_visible():
        await page.get_by_label("Show Examples").click()
    await page.get_by_role("button", name=title).click()
    await expect(page.get_by_role("button", name=f"Heddle as {as_}")).to_be_visible()
    await run(page)
