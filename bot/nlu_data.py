"""Reads the training questions in `data/nlu/` as rows, with file and line; Rasa itself is not needed for that."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.settings import ROOT

NLU_DIR = ROOT / "data" / "nlu"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Question:
    """A training question: its text, intent, voice (who asks), file and line."""

    text: str
    intent: str
    voice: str
    file: str
    line: int


def same(text: str) -> str:
    """What two questions have in common when they are the same but for case, spaces and signs."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip() or text


def read_questions(folder: Path = NLU_DIR) -> list[Question]:
    """All training questions, in the order of the files."""
    rows: list[Question] = []
    for path in sorted(folder.glob("**/*.yml")):
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        name = str(path.relative_to(folder.parents[1]))
        for key, value in tree.value if tree else []:
            if key.value != "nlu":
                continue
            for block in value.value:
                fields = {k.value: v for k, v in block.value}
                intent = fields["intent"].value if "intent" in fields else ""
                voice = ""
                if "metadata" in fields:
                    voice = {k.value: v.value for k, v in fields["metadata"].value}.get("voice", "")
                examples = fields.get("examples")
                if not intent or examples is None:
                    continue
                # A block text begins on the line after `examples: |`.
                start = examples.start_mark.line + 2
                for offset, line in enumerate(examples.value.split("\n")):
                    if line.startswith("- "):
                        rows.append(Question(line[2:].strip(), intent, voice, name, start + offset))
    return rows


def main() -> None:
    """Writes all training questions as `text<TAB>label`, for `bot.nlu.finetune`."""
    import sys

    rows = read_questions()
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("text\tlabel\n" + "".join(f"{q.text}\t{q.intent}\n" for q in rows), encoding="utf-8")
    print(f"{len(rows)} questions of {len({q.intent for q in rows})} intents in {target}")


if __name__ == "__main__":
    main()
