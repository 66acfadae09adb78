"""The volunteers' console at /vrijwilligers: server-rendered, Dutch, works without JavaScript."""

from bot.web.console.install import follow_contacts, install_console, upload_limit

__all__ = ["follow_contacts", "install_console", "upload_limit"]
