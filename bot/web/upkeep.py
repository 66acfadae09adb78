"""What the application does beside answering: load and check the model, reload content, forget words."""
from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import Any, Callable

from fastapi import FastAPI

from bot.operations.forgetting import Forgetting
from bot.operations.reload import reload_knowledge
from bot.operations.selfcheck import SelfCheckFailed, self_check
from bot.web.queue import WorkingAssistant

logger = logging.getLogger(__name__)
TIDY_EVERY = 20  # seconds


async def bring_up(app: FastAPI, load: Callable[[], Any], check: bool = True) -> None:
    """Loads the assistant beside the server and puts it to work when it is fit.

    Args:
        check: asks the canary questions first; tests that bring an assistant of their own leave it out.
    """
    try:
        inner = await asyncio.to_thread(load)
        if check:
            # Before anybody can ask, and without their impatience: the first question makes what is made at first need.
            await asyncio.to_thread(lambda: asyncio.run(self_check(inner)))
        working = WorkingAssistant(inner, app.state.settings.max_waiting)
        app.state.forgetting = await asyncio.to_thread(Forgetting)
        app.state.assistant = working
        app.state.problem = None
        for callback in app.state.when_ready:
            callback()
    except (FileNotFoundError, SelfCheckFailed) as error:
        # Our own sentences; they say what to do.
        app.state.problem = str(error)
        logger.error("The assistant could not be started: %s", error)
    except Exception as error:  # noqa: BLE001 - the help pages go on without a model
        app.state.problem = (f"The model cannot be used ({type(error).__name__}): it is damaged, half written or of "
                             "another version. Serve an older one with KRW_MODEL, or make a new one with: make train")
        logger.error("The assistant could not be started. %s", app.state.problem)


def reload_on_hangup(app: FastAPI) -> None:
    """SIGHUP reloads the content; only the main thread can be told so."""
    if threading.current_thread() is not threading.main_thread():
        return

    def reload() -> None:
        intents = getattr(app.state.assistant, "intents", ())

        def work() -> None:
            problems = reload_knowledge(intents)
            app.state.metrics.reloads.labels("refused" if problems else "done").inc()

        threading.Thread(target=work, name="reload", daemon=True).start()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


async def tidy_up(app: FastAPI) -> None:
    """Now and then: lets spaCy forget what it read, and conversations that are over leave the memory."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        working, forgetting = app.state.assistant, getattr(app.state, "forgetting", None)
        if working is None or forgetting is None:
            continue
        try:
            await tidy_once(working, forgetting)
        except Exception as error:  # noqa: BLE001 - it is tried again in a moment
            logger.warning("Tidying up failed: %s", type(error).__name__)


async def tidy_once(working: Any, forgetting: Forgetting) -> None:
    """One round of `tidy_up`."""
    expire = getattr(getattr(working, "store", None), "expire", None)
    if expire is not None:
        async def drop() -> None:
            expire()

        await working.worker.run(drop)
    if forgetting.due:
        fresh = await asyncio.to_thread(forgetting.fresh)

        async def renew() -> None:
            forgetting.renew(fresh)

        await working.worker.run(renew, urgent=True)
