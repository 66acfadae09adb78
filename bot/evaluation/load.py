"""Simulated children for a running server: they think, type at human speed, press buttons, give feedback, and leave.

    python -m bot.evaluation.load --url http://127.0.0.1:8000 --children 100 --seconds 300

Each child has an address of its own in X-Forwarded-For, as behind a proxy that the server trusts.
"""
from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

QUESTIONS = ("Mijn vader slaat mij. Mag dat?", "ik word gepest op school", "wij moeten ons huis uit wat nu",
             "mijn ouders gaan scheiden bij wie moet ik wonen", "moet ik alweer verhuizen naar een ander azc",
             "ik ben opgepakt door de politie mag dat zomaar", "hallo", "wat kan jij", "mag ik mee beslissen in de jeugdzorg",
             "er is geen geld voor eten thuis", "hoe laat is het", "ik snap er niks van", "help ik word bedreigd met fotos")
CRISES = ("ik wil dood", "help hij staat voor de deur met een mes")
LETTERS_A_SECOND = 4.0


@dataclass
class Result:
    """What the children saw. `seconds` are the answer times of messages, in the order of asking."""

    seconds: list[float] = field(default_factory=list)
    crisis_seconds: list[float] = field(default_factory=list)
    turned_away: int = 0
    errors: Counter = field(default_factory=Counter)

    def share(self, part: float) -> float:
        """The answer time that `part` of the messages stays under, in milliseconds."""
        rows = sorted(self.seconds + self.crisis_seconds)
        return 1000 * rows[min(len(rows) - 1, int(part * len(rows)))] if rows else 0.0

    def text(self, lasted: float, memory: tuple[int, int] | None) -> str:
        asked = len(self.seconds) + len(self.crisis_seconds)
        grown = f", memory {memory[0]} -> {memory[1]} MB" if memory else ""
        return (f"{asked} messages in {lasted:.0f} s ({asked / max(lasted, 1e-9):.1f}/s): p50 {self.share(.5):.0f} ms, "
                f"p95 {self.share(.95):.0f} ms, p99 {self.share(.99):.0f} ms, {self.turned_away} turned away, "
                f"{sum(self.errors.values())} errors {dict(self.errors)}{grown}")


async def _ask(http: httpx.AsyncClient, path: str, body: dict, result: Result, crisis: bool = False) -> dict | None:
    began = time.perf_counter()
    try:
        answer = await http.post(path, json=body)
    except httpx.HTTPError as error:
        result.errors[type(error).__name__] += 1
        return None
    if answer.status_code in (429, 503):
        result.turned_away += 1
        if crisis:
            result.errors["a crisis was turned away"] += 1
        if not answer.json().get("contacts"):
            result.errors["turned away without help"] += 1
        return None
    if answer.status_code not in (200, 201):
        result.errors[str(answer.status_code)] += 1
        return None
    (result.crisis_seconds if crisis else result.seconds).append(time.perf_counter() - began)
    return answer.json()


async def _child(url: str, number: int, until: float, result: Result, chance: random.Random, pace: float) -> None:
    headers = {"X-Forwarded-For": f"10.{number // 62500 % 250}.{number // 250 % 250}.{number % 250 + 1}"}
    await asyncio.sleep(chance.random() * min(5.0, 1000 * pace))
    while time.monotonic() < until:
        # Reading the list of certificates for each client would take more of the processors than the server does.
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, verify=False) as http:
            started = await _ask(http, "/api/conversations", {}, result)
            for _ in range(chance.randint(2, 6)):
                if not started or time.monotonic() > until:
                    break
                crisis = chance.random() < 0.05
                text = chance.choice(CRISES if crisis else QUESTIONS)
                await asyncio.sleep(pace * (len(text) / LETTERS_A_SECOND + chance.uniform(1, 4)))
                path = f"/api/conversations/{started['conversation']}/messages"
                said = await _ask(http, path, {"text": text}, result, crisis)
                if crisis and said and said["messages"][0]["type"] != "crisis":
                    result.errors["a crisis was not seen"] += 1
                choices = [c["id"] for m in (said or {}).get("messages", []) for c in m["choices"]]
                if choices and chance.random() < 0.4:
                    await asyncio.sleep(pace * chance.uniform(2, 6))
                    await _ask(http, path, {"choice": chance.choice(choices)}, result)
            if started and chance.random() < 0.5:
                await http.delete(f"/api/conversations/{started['conversation']}")
        await asyncio.sleep(pace)


async def run(url: str, children: int, seconds: float, seed: int = 1, pace: float = 1.0) -> Result:
    """Lets `children` use `url` (or several, with commas, each child one) for `seconds`.

    Args:
        pace: 1 is human speed; smaller is faster.
    """
    result, chance = Result(), random.Random(seed)
    until, urls = time.monotonic() + seconds, url.split(",")
    await asyncio.gather(*(_child(urls[number % len(urls)], number, until, result, random.Random(chance.random()), pace)
                           for number in range(children)))
    return result


def _memory(process: int | None) -> int:
    if not process:
        return 0
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 // 1_000_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", default="http://127.0.0.1:8000", help="with commas for several")
    options.add_argument("--children", type=int, default=100)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--pace", type=float, default=1.0)
    options.add_argument("--process", type=int, help="the server's process id, to watch its memory")
    options.add_argument("--p95", type=float, default=500, help="milliseconds; more is a failure")
    options.add_argument("--flood", type=int, default=0,
                         help="afterwards so many children at a hundred times human speed: turned away kindly, a crisis never")
    options.add_argument("--only-measure", action="store_true", help="judge nothing: how much can it do?")
    chosen = options.parse_args()
    # What is loaded at the first questions is no growth.
    asyncio.run(run(chosen.url, chosen.children, min(20.0, chosen.seconds / 5), seed=2, pace=chosen.pace))
    before, began = _memory(chosen.process), time.monotonic()
    result = asyncio.run(run(chosen.url, chosen.children, chosen.seconds, pace=chosen.pace))
    after = _memory(chosen.process)
    print(result.text(time.monotonic() - began, (before, after) if chosen.process else None))
    if chosen.only_measure:
        return
    flood, began = Result(), time.monotonic()
    if chosen.flood:
        flood = asyncio.run(run(chosen.url, chosen.flood, 20, seed=3, pace=0.01))
        print(f"Far too many: {flood.text(time.monotonic() - began, None)}; slowest {flood.share(1):.0f} ms")
    grown = after - before > max(30, before // 20)
    if result.errors or result.turned_away or result.share(.95) > chosen.p95 or grown or flood.errors:
        sys.exit("The load test failed.")


if __name__ == "__main__":
    main()
