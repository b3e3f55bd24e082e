"""How fast the console's pages follow, measured in the browser, and what an open page costs a run.

    python benchmarks/console.py [latency] [list] [playing]

latency: from when a message is written down, as its letter says, to its line on screen, 50 messages a second. list: 5,000
messages in one page, and the longest frame while they come, are filtered and scrolled. playing: processor time of a run
with and without its page open. Hub, console and publisher share one process; the browser has its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, async_playwright

from recette.console.book import Book
from recette.console.exchange.letters import Letters
from recette.console.pages.exchange import LINES_SHOWN, OLDER
from recette.console.server import served
from recette.console.state import Console
from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Properties
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model
from recette.messages.reading import JSON_TYPE
from recette.messages.vhosts import vhost
from recette.play.outbound import Outbound
from recette.sandbox.hub import Sandbox
from recette.scenario.cahier import built_in

ON = vhost("15-15_v2.1")
OWN, EDITOR = "fr.health.samu992", "fr.health.samu991"
RATE, SECONDS, LISTED, ROUNDS = 50, 20, 5000, 3
PLAYED = "15-smur"
"""The folder whose scenarios are played."""
FRAMES = """() => {
  window.frames_ = []; window.longest_ = 0; let last = performance.now();
  const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longest_ = Math.max(window.longest_, one.duration);
  }).observe({ type: "longtask" });
}"""
LINES = """() => {
  window.seen_ = []; window.known_ = new Set();
  new MutationObserver((changes) => {
    const added = changes.flatMap((one) => [...one.addedNodes]).filter((one) => one.dataset);
    requestAnimationFrame(() => {
      const now = performance.timeOrigin + performance.now();
      for (const one of added) {
        if (!window.known_.has(one.id)) window.seen_.push([one.id, now]);
        window.known_.add(one.id);
      }
    });
  }).observe(document.getElementById("lignes-message"), { childList: true });
}"""


@asynccontextmanager
async def browser() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
        )
        try:
            yield await found.new_page(viewport={"width": 1280, "height": 900})
        finally:
            await found.close()


def message(number: int) -> bytes:
    known = model("RS-EDA", ON.edition)
    content = json.loads(json.dumps(example(known, "maximal")).replace("samu000", EDITOR.rpartition(".")[2]))
    content["caseId"] = f"{EDITOR}.DRFR15000260020{number:04d}"
    return Outbound(EDITOR, OWN, known.key, content, JSON_TYPE).written(ON.edition, "Exercise").body


@asynccontextmanager
async def exchange(folder: Path) -> AsyncIterator[tuple[Console, str, HubConnection]]:
    """A console with a target on a hub of ours, and a connection as the editor opposite."""
    async with AsyncExitStack() as stack:
        sandbox = await Sandbox.start([ON.name], [OWN, EDITOR])
        stack.push_async_callback(sandbox.stop)
        own = sandbox.address(OWN, ON.name)
        os.environ["RECETTE_BENCHMARK"] = own.password
        target = folder / "cible.yaml"
        target.write_text(
            f"broker: amqp://{own.host}:{own.port}\nvhost: {ON.name}\neditor: {{id: {EDITOR}, role: LRM}}\n"
            f"partners: [{{id: {OWN}, role: LRM, password_env: RECETTE_BENCHMARK}}]\ndriver: {{kind: operator, name: Zoé}}\n",
            encoding="utf-8",
            newline="\n",
        )
        console = Console(Book((built_in(),)), [target], folder / "reports", folder / "miens")
        address = await stack.enter_async_context(served(console))
        editor = await HubConnection.open(sandbox.address(EDITOR, ON.name), name="benchmark")
        stack.push_async_callback(editor.close)
        yield console, address, editor


def letters(folder: Path) -> Letters:
    """What the exchange wrote down, each message with when it had come."""
    return Letters(folder / "reports" / "echanges" / f"{ON.name}-{OWN}.jsonl", ON.edition)


async def flood(editor: HubConnection, count: int) -> None:
    """`RATE` messages a second."""
    bodies, said = [message(number) for number in range(count)], Properties(JSON_TYPE, PERSISTENT)
    begun = time.perf_counter()
    for number, body in enumerate(bodies):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        await editor.publish(topology.CLIENT_EXCHANGE, EDITOR, body, said)


async def opened_exchange(page: Page, address: str) -> None:
    await page.goto(address)
    await page.goto(address.partition("/entrer")[0] + "/echanger")
    await page.locator("#lieu").select_option(index=0)
    await page.click('button:text-is("Ouvrir l\'échange")')
    await page.wait_for_selector("#lignes-message", state="attached")


async def latency() -> None:
    with TemporaryDirectory() as folder:
        async with exchange(Path(folder)) as (_, address, editor), browser() as page:
            await opened_exchange(page, address)
            await page.evaluate(LINES)
            await page.evaluate(FRAMES)
            await flood(editor, RATE * SECONDS)
            await page.wait_for_function(f"() => window.seen_.length >= {RATE * SECONDS}", timeout=60_000)
            seen = await page.evaluate("window.seen_")
            frame, task = await longest(page)
        came = {f"l{one.number}": one.at for one in letters(Path(folder)).lines("message")}
    took = [at - came[line].timestamp() * 1000 for line, at in seen]
    parts = statistics.quantiles(took, n=100)
    print(
        f"latency, {RATE} messages/s: {len(took)} lines, median {statistics.median(took):.0f} ms, p95 {parts[94]:.0f} ms, "
        f"worst {max(took):.0f} ms; longest frame {frame:.0f} ms, longest task {task:.0f} ms"
    )


async def longest(page: Page) -> tuple[float, float]:
    """The longest frame, and the longest task that the browser tells (it tells none below 50 ms)."""
    return await page.evaluate("Math.max(0, ...window.frames_)"), await page.evaluate("window.longest_")


async def listing() -> None:
    with TemporaryDirectory() as folder:
        held = letters(Path(folder))
        for number in range(LISTED):
            held.write("received", f"{OWN}.message", JSON_TYPE, message(number))
        async with exchange(Path(folder)) as (console, address, editor), browser() as page:
            await page.add_init_script(f"({FRAMES})()")
            await opened_exchange(page, address)
            await page.wait_for_function(
                """(times) => performance.getEntriesByType("resource")
                  .filter((one) => one.name.includes("/echanger/lignes") && one.responseEnd).length >= times""",
                arg=-(-(LISTED - LINES_SHOWN) // OLDER),
                timeout=120_000,
            )
            await told("5,000 messages come into the page", page)
            await page.evaluate(FRAMES)
            shown = 0
            while shown < LISTED:
                shown = await page.evaluate(
                    """async () => {
                      const list = document.getElementById("lignes-message");
                      list.scrollTo(0, list.scrollHeight);
                      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                      return list.childElementCount;
                    }"""
                )
            await told("scrolled from the latest to the first", page)
            await page.evaluate(FRAMES)
            await page.fill("#filtre", "260020001")
            await page.fill("#filtre", "")
            await told("filtered, and not any more", page)
            await page.evaluate(FRAMES)
            await flood(editor, RATE * 5)
            while console.bell.rings != await console.bell.heard(console.bell.rings, 2.0):
                pass
            await told(f"{RATE} more a second", page)


async def told(what: str, page: Page) -> None:
    frame, task = await longest(page)
    print(f"list, {what}: longest frame {frame:.0f} ms, longest task {task:.0f} ms (0: none over 50)")


async def played(console: Console, page: Page, base: str, *, looked_at: bool) -> float:
    """Processor seconds of a run."""
    await page.goto(f"{base}/")
    names = [one.id for one in console.book.scenarios if one.perimeter == PLAYED]
    before = resource.getrusage(resource.RUSAGE_SELF)
    await page.evaluate(
        """(names) => {
          for (const box of document.querySelectorAll("input[name=scenario]")) box.checked = names.includes(box.value);
        }""",
        names,
    )
    await page.click("button:text-is('Jouer les scénarios cochés')")
    if not looked_at:
        await page.goto("about:blank")
    going = console.runs.going
    assert going is not None
    while going.phase != "over":
        await console.bell.heard(console.bell.rings, 1.0)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert not going.failure, going.failure
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def playing() -> None:
    found: dict[bool, list[float]] = {False: [], True: []}
    with TemporaryDirectory() as folder:
        console = Console(Book((built_in(),)), [], Path(folder) / "reports", Path(folder) / "miens")
        await asyncio.to_thread(console.choices, None)
        async with served(console) as address, browser() as page:
            page.set_default_timeout(180_000)
            base = address.partition("/entrer")[0]
            await page.goto(address)
            await played(console, page, base, looked_at=False)
            for _ in range(ROUNDS):
                for looked_at, took in found.items():
                    took.append(await played(console, page, base, looked_at=looked_at))
    without, with_page = statistics.median(found[False]), statistics.median(found[True])
    print(
        f"playing {PLAYED}: {without:.2f} s of processor without its page, {with_page:.2f} s with it open: "
        f"{with_page / without:.2f} times"
    )


async def main() -> None:
    parts = {"latency": latency, "list": listing, "playing": playing}
    for name in sys.argv[1:] or parts:
        await parts[name]()


asyncio.run(main())
