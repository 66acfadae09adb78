// The console works without this file. With it: keys for verdicts, searching topics, progress and reading level.
'use strict';

const typing = (element) => element instanceof HTMLElement && element.matches('input:not([type=radio],[type=checkbox]), textarea, select');

// -- one key per verdict. Keys can be switched off: they get in the way of speech input (WCAG 2.1.4).

const KEYS_OFF = 'krw-vrijwilliger-toetsen-uit';
const keySwitch = document.querySelector('[data-keys-switch]');
let keysOn = true;
try { keysOn = localStorage.getItem(KEYS_OFF) !== '1'; } catch (error) { /* no storage: keys stay on */ }
if (keySwitch) {
  keySwitch.closest('[hidden]').hidden = false;
  keySwitch.checked = keysOn;
  keySwitch.addEventListener('change', () => {
    keysOn = keySwitch.checked;
    try { localStorage.setItem(KEYS_OFF, keysOn ? '0' : '1'); } catch (error) { /* for this page only */ }
  });
}

let sent = false;
document.addEventListener('submit', (event) => {
  // A second press must not judge the next question.
  if (event.target.matches('.verdicts form')) {
    if (sent) event.preventDefault();
    sent = true;
  }
});
window.addEventListener('pageshow', () => { sent = false; });

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target.matches('textarea[data-enter]')) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.key === 'Escape' && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (!keysOn || event.repeat || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  if (event.key.toLowerCase() === 'n' && document.querySelector('[data-key]')) {
    event.preventDefault();
    const question = document.getElementById('question');
    question.focus();
    question.select();
    return;
  }
  const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!pressed) return;
  event.preventDefault();
  if (pressed.tagName === 'BUTTON') {
    pressed.form.requestSubmit(pressed);
    return;
  }
  document.querySelectorAll('.verdicts details').forEach((other) => { other.open = other === pressed.parentElement; });
  pressed.parentElement.querySelector('input:not([type=hidden]), select').focus();
  pressed.parentElement.scrollIntoView({ block: 'nearest' });
});

const heading = document.querySelector('[data-focus]');
if (heading) heading.focus();

// -- searching in a list of topics: the list is made anew, because not every browser can hide an option

document.querySelectorAll('[data-filter]').forEach((field) => {
  const list = document.getElementById(field.dataset.filter);
  const groups = Array.from(list.children);
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  field.hidden = false;
  const show = () => {
    const wanted = plain(field.value).split(/\s+/).filter(Boolean);
    const kept = groups.map((group) => {
      const copy = group.cloneNode(false);
      Array.from(group.children).forEach((option) => {
        const text = plain(`${option.textContent} ${option.dataset.words}`);
        if (wanted.every((word) => text.includes(word))) copy.append(option.cloneNode(true));
      });
      return copy;
    }).filter((group) => group.children.length);
    list.replaceChildren(...kept);
    if (field.value && list.options.length) list.selectedIndex = 0;
  };
  field.addEventListener('input', show);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      list.focus();
      if (list.selectedIndex < 0) list.selectedIndex = 0;
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      list.form.requestSubmit();
    }
  });
  list.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      list.form.requestSubmit();
    }
  });
});
document.querySelectorAll('label[for$="-zoek"]').forEach((label) => { label.hidden = false; });

// -- searching in a long page: what does not hold the words is left out

document.querySelectorAll('[data-find]').forEach((field) => {
  const items = Array.from(document.getElementById(field.dataset.find).children);
  const nothing = document.querySelector(`[data-nothing="${field.dataset.find}"]`);
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  field.closest('[hidden]').hidden = false;
  field.addEventListener('input', () => {
    const wanted = plain(field.value).split(/\s+/).filter(Boolean);
    items.forEach((item) => {
      // The first cell or part says what it is; the rest may name others.
      const text = plain(item.firstElementChild.textContent);
      item.hidden = !wanted.every((word) => text.includes(word));
    });
    nothing.hidden = items.some((item) => !item.hidden);
  });
});

// -- how far a measurement is

const run = document.querySelector('[data-run]');
if (run) {
  const bar = run.querySelector('progress');
  const words = run.querySelector('[data-words]');
  const look = async () => {
    try {
      const answer = await fetch(run.dataset.run, { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
      if (answer.status === 401) { location.reload(); return; }
      const now = await answer.json();
      if (!['waiting', 'running'].includes(now.status)) { location.reload(); return; }
      bar.max = now.total;
      bar.value = now.done;
      words.textContent = `${now.done} van ${now.total}`;
    } catch (error) { /* the server is away for a moment: look again */ }
    setTimeout(look, 2000);
  };
  setTimeout(look, 1000);
}

// -- the reading level while typing

document.querySelectorAll('[data-level]').forEach((field) => {
  const box = document.getElementById('niveau');
  let waiting;
  let asked = 0;
  field.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++asked;
      try {
        const answer = await fetch('/vrijwilligers/leesniveau', {
          method: 'POST', credentials: 'same-origin',
          headers: { Accept: 'application/json' },
          body: new URLSearchParams({ text: field.value, audience: field.dataset.level, field: field.dataset.field }),
        });
        const level = await answer.json();
        // An answer that was overtaken by a newer question is out of date.
        if (!answer.ok || mine !== asked) return;
        box.querySelector('[data-score]').textContent = level.score;
        box.querySelector('[data-more]').textContent =
          `(doel ${level.goal}, ten minste ${level.floor}); ${level.words.toFixed(1).replace('.', ',')} woorden per zin`;
        box.querySelector('[data-wrong]').replaceChildren(...level.wrong.map((text) => {
          const item = document.createElement('li');
          item.textContent = text;
          return item;
        }));
      } catch (error) { /* measured again at the next key */ }
    }, 250);
  });
});
