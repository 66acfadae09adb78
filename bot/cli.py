"""The command line: `kinderrechten`."""
from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, Iterable, Optional

import typer

# Deprecation warnings of libraries mean nothing to somebody who asks a question. Not by a filter: Rasa sets its own.
warnings.showwarning = lambda *_, **__: None
# In a file, a progress bar is a thousand lines.
if not sys.stderr.isatty():
    os.environ.setdefault("TQDM_DISABLE", "1")

import bot.settings as _settings  # noqa: E402  sets the environment before anything else is imported
from bot.settings import SettingsError  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Kinderrechtenwijzer: answers questions about children's rights, in Dutch.")
db_app = typer.Typer(no_args_is_help=True, help="The database: volunteers, verdicts, counts. Never what a child typed.")
app.add_typer(db_app, name="db")
volunteer_app = typer.Typer(no_args_is_help=True, help="Accounts of the volunteers' console.")
app.add_typer(volunteer_app, name="volunteer")
review_app = typer.Typer(no_args_is_help=True, help="What volunteers proposed and editors accepted.")
app.add_typer(review_app, name="review")


def _fail(sentence: str, code: int = 1) -> "typer.Exit":
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    return typer.Exit(code)


def _answering() -> None:
    """For the commands that answer questions: what answering never needs is not imported."""
    if _settings.settings().fast_start:
        from bot.fast_import import activate

        activate()


def _quiet() -> None:
    from bot.logs import configure_logging

    configure_logging(_settings.settings().log_level, form=_settings.settings().log_format)


def _audience(value: Optional[str]) -> Optional[str]:
    if value not in (None, "kind", "ouder"):
        raise typer.BadParameter("choose 'kind' (child) or 'ouder' (parent)")
    return value


def _questions(question: Optional[str], file: Optional[str]) -> list[str]:
    from bot.assistant import MAX_TEXT

    if (question is None) == (file is None):
        raise _fail("Give a question, or --file with one question a line; one of the two.", 2)
    if question is not None:
        lines = [question]
    else:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise _fail(f"There is no file {file}.", 2) from None
        except UnicodeDecodeError:
            raise _fail(f"{file} is not UTF-8 text. Save it as UTF-8 and try again.", 2) from None
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            raise _fail(f"{file} holds no question.", 2)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise _fail("The question is empty.", 2)
        if len(line.strip()) > MAX_TEXT:
            raise _fail(f"Question {number} is longer than {MAX_TEXT} characters.", 2)
    return lines


@app.command()
def ask(
    question: Optional[str] = typer.Argument(None, help='The question, for example "Mijn vader slaat mij. Mag dat?"'),
    audience: Optional[str] = typer.Option(None, callback=_audience, help="Who asks: kind (child) or ouder (parent)."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON line with the message objects."),
    file: Optional[str] = typer.Option(None, help="A file with one question a line ('-' is standard input); "
                                                  "prints one JSON line for each, in order."),
) -> None:
    """Answers a question here and now; nothing has to be running."""
    _answering()
    questions = _questions(question, file)
    _quiet()
    assistant = _load_assistant()
    from bot.knowledge.rendering import as_text

    loop = asyncio.new_event_loop()
    for text in _progress(questions, bool(file)):
        turn = loop.run_until_complete(assistant.ask(text.strip(), audience))
        if file or as_json:
            print(json.dumps({"question": text, "messages": turn.messages}, ensure_ascii=False), flush=True)
        else:
            print("\n\n".join(as_text(message) for message in turn.messages))


def _progress(items: list[str], wanted: bool) -> Iterable[str]:
    if not (wanted and sys.stderr.isatty()):
        return items
    from tqdm import tqdm

    return tqdm(items, unit=" questions", file=sys.stderr)


def _load_assistant(model: Optional[Path] = None) -> Any:
    from bot.knowledge.yaml_files import ContentError

    if sys.stderr.isatty():
        typer.secho("Loading the model …", err=True, dim=True)
    try:
        from bot.assistant import Assistant
        from bot.store.contacts import apply

        apply(_settings.settings().database_url)  # contacts that volunteers switched off; no database changes nothing
        return Assistant(model)
    except FileNotFoundError as error:
        raise _fail(str(error)) from None
    except ContentError as error:
        raise _fail(f"The content has mistakes:\n{error}") from None


@app.command()
def serve(
    host: Optional[str] = typer.Option(None, help="Address to listen on (default: KRW_HOST, 127.0.0.1)."),
    port: Optional[int] = typer.Option(None, min=1, max=65535, help="Port (default: KRW_PORT, 8000)."),
) -> None:
    """Starts Kinderrechtenwijzer and prints its address when it can answer."""
    import socket

    _answering()
    import uvicorn

    chosen = _settings.settings()
    host, port = host or chosen.host, port or chosen.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _fail(f"Port {port} on {host} cannot be used ({error.strerror}). Choose another with --port.") from None
    _quiet()
    from bot.web.app import create_app
    from bot.web.connections import server_options

    application = create_app(chosen)
    shown = f"[{host}]" if ":" in host else host
    typer.secho("Kinderrechtenwijzer is starting …", err=True, dim=True)
    application.state.when_ready.append(
        lambda: typer.secho(f"Kinderrechtenwijzer is ready: http://{shown}:{port}", fg=typer.colors.GREEN))
    uvicorn.run(application, host=host, port=port, **server_options(chosen))


@app.command()
def train(force: bool = typer.Option(False, help="Train even when the data did not change.")) -> None:
    """Trains the model when the data changed since the last time."""
    from bot.logs import configure_logging
    from bot.training import train as run

    configure_logging(training=True)
    try:
        typer.echo(f"Model: {run(force)}")
    except (RuntimeError, ValueError) as error:
        raise _fail(str(error)) from None


@app.command()
def check() -> None:
    """Checks all content: answers, contacts, articles, training questions, rules. Names file, line and mistake."""
    from bot.content_check import check_all

    problems, summary = check_all()
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(summary)
    if problems:
        raise _fail(f"{len(problems)} problem(s) found.")


@app.command()
def evaluate(
    set_file: Optional[Path] = typer.Option(None, "--set", help="A tab-separated file: text, topic, also, audience. "
                                                               "Default: the blind sets in tests/nlu."),
    out: Path = typer.Option(Path("build/evaluation"), help="Where pictures and the HTML report are written."),
    model: Optional[Path] = typer.Option(None, help="A model file (default: the newest)."),
    curve: bool = typer.Option(False, "--curve", help="Also draw the learning curve (trains five times, a few minutes)."),
) -> None:
    """Measures the trained model on blind questions and prints what it reaches."""
    from bot.evaluation.run import evaluate as run
    from bot.evaluation.sets import SetError

    _quiet()
    try:
        run(_load_assistant(model), set_file, out, curve)
    except SetError as error:
        raise _fail(str(error)) from None


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Brings the database to the newest shape; makes it when there is none."""
    from bot.store.database import StoreError, upgrade

    try:
        typer.echo(upgrade())
    except StoreError as error:
        raise _fail(str(error)) from None


@volunteer_app.callback()
def _volunteer() -> None:
    """Accounts of the volunteers' console."""


@volunteer_app.command("add")
def volunteer_add(name: str = typer.Argument(..., help="The name to sign in with."),
                  role: str = typer.Option("tester", help="tester, editor or admin.")) -> None:
    """Makes an account, or a new link for one that exists; prints a one-time link to set a passphrase."""
    from bot.review.commands import CommandError, add_volunteer

    try:
        typer.echo(add_volunteer(_settings.settings(), name, role))
    except CommandError as error:
        raise _fail(str(error)) from None


@review_app.callback()
def _review() -> None:
    """What volunteers proposed and editors accepted."""


@review_app.command("export")
def review_export() -> None:
    """Writes what editors accepted into data/ and tests/nlu/, each once, for a person to review and commit."""
    from bot.review.commands import CommandError, export_accepted

    try:
        typer.echo(export_accepted(_settings.settings()))
    except CommandError as error:
        raise _fail(str(error)) from None


def main() -> None:
    """Entry point; errors are sentences, not tracebacks."""
    try:
        app()
    except SettingsError as error:
        typer.secho(f"Setting refused: {error}", fg=typer.colors.RED, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
