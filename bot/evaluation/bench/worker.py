"""One side of the comparison, in a process of its own: `python -m bot.evaluation.bench.worker SIDE MODEL QUESTION CLOCK`.

It answers QUESTION, says how much processor time (seconds) that took and then obeys one JSON line after the other. All
other times are in milliseconds, by CLOCK: `wall`, or `cpu` (the processor time of this process, for a busy machine).
"""
from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

_CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
_clock = _CLOCKS["wall"]
# What libraries print goes to stderr; only answers go to the process that asked.
_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


class Stock:
    """Rasa's own agent, as `rasa run` uses it, without its web server."""

    def __init__(self, model: str) -> None:
        from bot.logs import configure_logging

        configure_logging("ERROR")
        from rasa.core.agent import Agent

        self._agent = Agent.load(model)
        self._n = 0

    async def open(self) -> str:
        self._n += 1
        sender = f"bench-{self._n}"
        tracker = await self._agent.processor.fetch_tracker_with_initial_session(sender)
        await self._agent.tracker_store.save(tracker)
        return sender

    async def turn(self, conversation: str, text: str) -> bool:
        """Says `text`. A network that is not sure of anything may say nothing; that is a turn as well."""
        await self._agent.handle_text(text, sender_id=conversation)
        return True

    async def parse(self, text: str) -> dict[str, Any]:
        return await self._agent.parse_message(text)


class Ours:
    """The assistant as `kinderrechten serve` uses it, without its web server."""

    def __init__(self, model: str) -> None:
        from bot.fast_import import activate

        activate()
        from bot.logs import configure_logging

        configure_logging("ERROR")
        from bot.assistant import Assistant
        from bot.settings import Settings

        self._assistant = Assistant(Path(model), chosen=Settings(max_turns=100_000, max_conversations=100_000))

    async def open(self) -> str:
        return (await self._assistant.start())[0]

    async def turn(self, conversation: str, text: str) -> bool:
        """Says `text`; whether the model answered it, and not the emergency answer for when it fails."""
        turn = await self._assistant.reply(conversation, text=text)
        return bool(turn.messages and turn.parse["intent"]["name"])

    async def parse(self, text: str) -> dict[str, Any]:
        return await self._assistant.understand(text)

    def encode(self, text: str) -> None:
        from bot.nlu.encoders import encoder

        encoder().encode([text])

    async def parts(self, texts: list[str]) -> dict[str, list[float]]:
        """Milliseconds of each part of a turn, for each text: graph nodes, the encoder alone, the whole turn."""
        from bot.nlu.encoders import encoder

        spent: dict[str, float] = {}

        def timed(name: str, call: Any) -> Any:
            def wrapper(*args: Any) -> Any:
                begun = _clock()
                result = call(*args)
                spent[name] = spent.get(name, 0.0) + (_clock() - begun) * 1e3
                return result
            return wrapper

        runner = self._assistant._agent.processor.graph_runner
        nodes = dict(runner._nodes)
        own = encoder()
        rows: dict[str, list[float]] = {}
        try:
            runner._nodes = {name: timed(name, node) for name, node in nodes.items()}
            own.encode = timed("encoder", own.encode)  # type: ignore[method-assign]
            for text in texts:
                conversation = await self.open()
                spent.clear()
                begun = _clock()
                await self.turn(conversation, text)
                spent["turn"] = (_clock() - begun) * 1e3
                for name, value in spent.items():
                    rows.setdefault(name, []).append(value)
        finally:
            runner._nodes = nodes
            del own.encode
        return rows


def memory() -> dict[str, float]:
    """RSS, PSS and private memory of this process, in MB."""
    rows = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.M))
    return {"rss": int(rows["Rss"]) / 1024, "pss": int(rows["Pss"]) / 1024,
            "private": (int(rows["Private_Clean"]) + int(rows["Private_Dirty"])) / 1024}


async def obey(side: Any, order: dict[str, Any]) -> Any:
    """Carries out one order of `sides.Side`."""
    what, texts = order["do"], order.get("texts", [])
    if what == "memory":
        return memory()
    if what == "topics":
        rankings = [(await side.parse(text)) for text in texts]
        return [next((r["name"] for r in parse.get("classified") or parse.get("intent_ranking") or [parse["intent"]]
                      if r["name"] != "nlu_fallback"), None) for parse in rankings]
    if what == "parts":
        return await side.parts(texts)
    if what not in ("turns", "talk", "encode"):
        raise ValueError(f"unknown order {what!r}")
    times = []
    conversation = await side.open() if what == "talk" else ""
    for text in texts:
        if what == "turns":
            conversation = await side.open()
        begun = _clock()
        if what == "encode":
            side.encode(text)
        elif not await side.turn(conversation, text):
            raise RuntimeError("a turn without an answer")
        times.append((_clock() - begun) * 1e3)
    return times


async def main(name: str, model: str, question: str, clock: str) -> None:
    global _clock  # noqa: PLW0603 - set once, before anything is measured
    _clock = _CLOCKS[clock]

    def say(content: Any) -> None:
        _answers.write(json.dumps(content) + "\n")
        _answers.flush()

    side = {"ours": Ours, "stock": Stock}[name](model)
    if not await side.turn(await side.open(), question):
        raise RuntimeError("no first answer")
    say(time.process_time())
    for line in sys.stdin:
        say(await obey(side, json.loads(line)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
