"""`kinderrechten review export`: what editors accepted becomes a change on disk for a person to commit.

Each proposal is written once. Files that hold nothing accepted are not touched; in the others every line that is
not the volunteers' stays as it is. A file whose change would break the content is left alone and named.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from bot.knowledge.library import read_knowledge
from bot.knowledge.model import Topic
from bot.nlu_data import read_questions, same
from bot.review import nlu_files, topic_files
from bot.review.nlu_files import FileProblem, read_exactly, write_whole
from bot.review.sign_off import digest_of
from bot.settings import ROOT
from bot.store import audit
from bot.store.database import session
from bot.store.models import LegalSignOff, Proposal, TextProposal, utc_now


@dataclass
class Exported:
    """What an export did: questions and texts written, files changed, and what was left and why."""

    training: int = 0
    regression: int = 0
    texts: int = 0
    sign_offs: int = 0
    already: int = 0
    files: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.training} training questions, {self.regression} regression questions, {self.texts} texts and "
            f"{self.sign_offs} sign-offs written."
        ]
        if self.already:
            lines.append(f"{self.already} stood in the files already.")
        lines += [f"  {name}" for name in sorted(self.files)]
        lines += [f"Left: {what}" for what in self.left]
        return "\n".join(lines)


def _questions(db, root: Path, done: Exported) -> list[Proposal]:
    query = select(Proposal).where(Proposal.status == "accepted").order_by(Proposal.id).with_for_update()
    rows = list(db.execute(query).scalars())
    exported = []
    present = {same(q.text) for q in read_questions(root / "data" / "nlu")}
    by_intent: dict[str, list[Proposal]] = defaultdict(list)
    for row in rows:
        if row.kind == "training":
            by_intent[row.topic].append(row)
    for intent, some in sorted(by_intent.items()):
        try:
            path = nlu_files.nlu_file(root, intent)
        except FileProblem as problem:
            done.left += [f"question {row.id}: {problem}" for row in some]
            continue
        # A question that stands under any topic already is not written a second time.
        new = [row for row in some if same(row.question) not in present]
        present |= {same(row.question) for row in new}
        text, added = nlu_files.with_questions(read_exactly(path), intent, [row.question for row in new])
        if added:
            write_whole(path, text)
            done.files.add(str(path.relative_to(root)))
        done.training += len(added)
        done.already += len(some) - len(added)
        exported += some
    regression = [row for row in rows if row.kind == "regression"]
    if regression:
        path = root / nlu_files.REGRESSION
        path.parent.mkdir(parents=True, exist_ok=True)
        text, added = nlu_files.with_regression(
            read_exactly(path) if path.exists() else "", [(row.question, row.topic, row.audience) for row in regression]
        )
        if added:
            write_whole(path, text)
            done.files.add(str(nlu_files.REGRESSION))
        done.regression += len(added)
        done.already += len(regression) - len(added)
        exported += regression
    return exported


def current_text(topic: Topic, audience: str, name: str) -> str:
    """A field of an answer as a volunteer edits it: paragraphs, or one step a line."""
    texts = topic.texts(audience)
    return "\n".join(texts.steps) if name == "steps" else getattr(texts, name)


def _change(root: Path, topic: Topic, new: str) -> str | None:
    """Writes an answer's file; puts it back and says what is wrong when the content then has a mistake."""
    path = root / "data" / "knowledge" / "topics" / topic.theme / f"{topic.topic}.yml"
    old = read_exactly(path)
    before = set(read_knowledge(root / "data" / "knowledge")[1])
    write_whole(path, new)
    problems = set(read_knowledge(root / "data" / "knowledge")[1]) - before
    if problems:
        write_whole(path, old)
        return "; ".join(sorted(map(str, problems)))
    return None


def _texts(db, root: Path, done: Exported) -> list[TextProposal]:
    query = select(TextProposal).where(TextProposal.status == "accepted").order_by(TextProposal.id).with_for_update()
    exported = []
    for row in db.execute(query).scalars():
        topic = read_knowledge(root / "data" / "knowledge")[0].topics.get(row.topic)
        if topic is None:
            done.left.append(f"text {row.id}: there is no topic {row.topic}")
            continue
        now = current_text(topic, row.audience, row.field)
        if now == row.after:
            done.already += 1
            exported.append(row)
            continue
        if now != row.before:
            done.left.append(
                f"text {row.id}: {row.topic} ({row.audience}, {row.field}) was changed since it was proposed"
            )
            continue
        name = f"data/knowledge/topics/{topic.theme}/{topic.topic}.yml"
        try:
            wrong = _change(
                root, topic, topic_files.with_text(read_exactly(root / name), row.audience, row.field, row.after)
            )
        except FileProblem as problem:
            wrong = str(problem)
        if wrong:
            done.left.append(f"text {row.id}: {name}: {wrong}")
            continue
        done.texts += 1
        done.files.add(name)
        exported.append(row)
    return exported


def _sign_offs(db, root: Path, done: Exported) -> list[LegalSignOff]:
    """Sign-offs of the texts as they are now; those of other texts are void and are not written."""
    query = select(LegalSignOff).where(LegalSignOff.exported_at.is_(None)).order_by(LegalSignOff.id).with_for_update()
    exported = []
    for row in db.execute(query).scalars():
        topic = read_knowledge(root / "data" / "knowledge")[0].topics.get(row.topic)
        if topic is None or digest_of(topic) != row.digest:
            done.left.append(f"sign-off {row.id}: the answer {row.topic} is not the one that was signed")
            continue
        name = f"data/knowledge/topics/{topic.theme}/{topic.topic}.yml"
        try:
            wrong = _change(
                root,
                topic,
                topic_files.with_sign_off(read_exactly(root / name), row.lawyer, row.signed_on.isoformat(), row.digest),
            )
        except FileProblem as problem:
            wrong = str(problem)
        if wrong:
            done.left.append(f"sign-off {row.id}: {name}: {wrong}")
            continue
        done.sign_offs += 1
        done.files.add(name)
        exported.append(row)
    return exported


def export(url: str, root: Path = ROOT) -> Exported:
    """Writes everything accepted to `root`. Running it again writes nothing twice, also after a crash half-way."""
    done = Exported()
    with session(url) as db:
        questions, texts = _questions(db, root, done), _texts(db, root, done)
        signed = _sign_offs(db, root, done)
        for row in (*questions, *texts):
            row.status, row.exported_at = "exported", utc_now()
        for row in signed:
            row.exported_at = utc_now()
        if questions or texts or signed:
            audit.note(db, None, "exported_data", "", str(done).splitlines()[0])
    return done
