"""One HTML page on which a person can page through the pictures: a table of all of them, then one picture at a time."""
from __future__ import annotations

from dataclasses import dataclass
from html import escape

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#e9e7e1;color:#1d2733}
header,main{max-width:1320px;margin:0 auto;padding:16px}
table{border-collapse:collapse;background:#fff}
th,td{border:1px solid #bbb;padding:2px 8px;text-align:left;font-size:14px}
figure{display:none;margin:0}
figure:target{display:block}
figcaption{display:flex;gap:16px;align-items:center;font-weight:bold;padding:8px 0}
figcaption a{display:inline-block;min-width:44px;padding:10px 0;font-weight:normal}
img{max-width:100%;border:1px solid #888;background:#fff}
"""
# The arrow keys turn the page, as the two links do.
_SCRIPT = """
addEventListener('keydown', function (event) {
  var name = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key];
  var figure = document.querySelector('figure:target') || document.querySelector('figure');
  var link = name && figure && figure.querySelector('a[rel=' + name + ']');
  if (link) location.replace(link.href);
});
"""


@dataclass(frozen=True)
class Shot:
    """A picture: the kind of screen (column), the state (row) and its file."""

    screen: str
    state: str
    file: str

    @property
    def title(self) -> str:
        return f"{self.screen} {self.state}"


def gallery(shots: list[Shot]) -> str:
    """The page, beside the files it shows."""
    screens = list(dict.fromkeys(shot.screen for shot in shots))
    states = list(dict.fromkeys(shot.state for shot in shots))
    place = {(shot.screen, shot.state): number for number, shot in enumerate(shots)}
    head = "".join(f'<th scope="col">{escape(screen)}</th>' for screen in screens)
    rows = ""
    for state in states:
        cells = "".join(f'<td><a href="#s{place[screen, state]}">show</a></td>' if (screen, state) in place else "<td></td>"
                        for screen in screens)
        rows += f'<tr><th scope="row">{escape(state)}</th>{cells}</tr>\n'
    figures = ""
    for number, shot in enumerate(shots):
        before, after = (number - 1) % len(shots), (number + 1) % len(shots)
        figures += (f'<figure id="s{number}"><figcaption><a rel="prev" href="#s{before}">← previous</a>'
                    f'<a rel="next" href="#s{after}">next →</a><span>{escape(shot.title)} ({number + 1} of {len(shots)})</span>'
                    f'<a href="#all">all</a></figcaption>'
                    f'<img src="{escape(shot.file)}" alt="{escape(shot.title)}" loading="lazy"></figure>\n')
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The widget in pictures</title>'
            f"<style>{_STYLE}</style></head><body><main>\n{figures}</main><header id=\"all\"><h1>The widget in pictures</h1>"
            f"<p>{len(shots)} pictures. Choose one; then the arrow keys turn the page.</p>"
            f"<table><tr><th></th>{head}</tr>\n{rows}</table></header><script>{_SCRIPT}</script></body></html>\n")
