"""Runs the custom actions inside the assistant's process: no action server, no HTTP.

Rasa takes any object with `kwargs` and an async `request` as its action endpoint; this one hands the call to
rasa_sdk's own executor, so that the very same actions also run under `rasa run actions`.
"""
from __future__ import annotations

from typing import Any

from rasa_sdk.executor import ActionExecutor


class InProcessActions:
    """An action endpoint for `rasa.core.agent.Agent`."""

    # Without this Rasa would send the whole domain with each call.
    kwargs = {"enable_selective_domain": True}
    url = "in-process"

    def __init__(self, package: str = "actions") -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    @property
    def names(self) -> list[str]:
        return sorted(self._executor.actions)

    async def request(self, json: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Runs one action call; also notes the choices that its messages offer, so that only those are accepted."""
        result = await self._executor.run(json)
        offered = list(json["tracker"]["slots"].get("offered") or [])
        before = len(offered)
        for response in result["responses"]:
            for choice in (response.get("custom") or {}).get("choices", []):
                if choice["id"] not in offered:
                    offered.append(choice["id"])
        if len(offered) > before:
            result["events"].append({"event": "slot", "name": "offered", "value": offered, "timestamp": None})
        return result
