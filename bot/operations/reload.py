"""Reloads the content while serving. Content with a mistake is refused and the last good one stays in use."""
from __future__ import annotations

import logging
from pathlib import Path
from typing import Iterable

from bot.knowledge import library
from bot.knowledge.yaml_files import ContentError

logger = logging.getLogger(__name__)


def reload_knowledge(intents: Iterable[str] = (), folder: Path | None = None) -> list[str]:
    """Puts the content on disk in use when it is good.

    Args:
        intents: what the model in use may answer; every topic among them must still be there.

    Returns:
        what is wrong with it; empty when it is in use now. Contacts that were switched off stay off.
    """
    before = library.knowledge()
    try:
        new = library.load_knowledge(folder or library.KNOWLEDGE_DIR)
    except ContentError as error:
        problems = [str(problem) for problem in error.problems]
    except Exception as error:  # noqa: BLE001 - whatever is on disk, the last good content stays
        problems = [f"the content cannot be read: {type(error).__name__}"]
    else:
        known = set(intents)
        problems = [f"the topic {name} is gone, but the model in use answers it" for name in before.topics
                    if name in known and name not in new.topics]
        problems += [f"the phrase {name} is gone" for name in before.phrases if name not in new.phrases]
    if problems:
        logger.error("The new content is refused, the last good one stays in use: %s", "; ".join(problems[:20]))
        return problems
    library.use_knowledge(new.without_contacts(before.switched_off))
    logger.info("The content was reloaded: %d topics.", len(new.topics))
    return []
