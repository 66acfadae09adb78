// Small helpers to build elements. Text only ever becomes text: this widget has no innerHTML anywhere.
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const name of Object.keys(attributes || {})) {
    const value = attributes[name];
    if (value === false || value === null || value === undefined) continue;
    if (name === 'onclick') node.addEventListener('click', value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false && child !== '') node.append(child);
  }
  return node;
}

const ICONS = {
  chat: 'M4 5h16v11H10l-4 4v-4H4z',
  help: 'M12 21s-8-5-8-11a4.5 4.5 0 0 1 8-2.8A4.5 4.5 0 0 1 20 10c0 6-8 11-8 11z',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  erase: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  close: 'M6 6l12 12M18 6L6 18',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4.5v5M8 14.5v5',
  send: 'M4 12l16-8-6 16-3-6z',
  phone: 'M6 3h4l2 5-2.5 2a12 12 0 0 0 4.5 4.5l2-2.5 5 2v4c0 1.5-1 2-2 2C11 20 4 13 4 5c0-1 .5-2 2-2z',
  read: 'M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  back: 'M15 5l-7 7 7 7',
  shield: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z',
  steps: 'M5 19h4v-5h5V9h5V5',
  people: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5M16 5.5a3 3 0 0 1 0 5.5M17.5 14c2.2.7 3.5 2.5 3.5 5',
  eye: 'M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
};

function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

function button(className, iconName, title, onclick) {
  return make('button', { type: 'button', class: className, onclick }, iconName && icon(iconName), make('span', {}, title));
}

// An address to link to: http and https only, so that no answer can carry a script.
function safeUrl(address, base) {
  try {
    const url = new URL(address, base);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : '';
  } catch (error) {
    return '';
  }
}

function outsideLink(address, title, className, label) {
  const href = safeUrl(address);
  if (!href) return null;
  return make('a', { href, class: className, target: '_blank', rel: 'noopener noreferrer nofollow' }, title,
    make('span', { class: 'unseen' }, (label ? ' ' + label : '') + ' ' + say('new_tab')));
}

function empty(node) {
  while (node.firstChild) node.removeChild(node.firstChild);
}

// A text as sentences. Older phones have no look-behind in regular expressions, so the ends are marked first.
function sentences(text) {
  return text.replace(/([.!?؟。]["'”’)]*)\s+/g, '$1\u0000').split('\u0000').filter((part) => part.trim());
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

// Which language, by letters that only it has; what is left is Arabic.
const LETTERS = [['he', /[\u0590-\u05ff]/], ['ckb', /[\u06c6\u06ce\u0695\u06b5]/], ['ur', /[\u0679\u0688\u0691\u06d2]/],
  ['fa', /[\u067e\u0686\u0698\u06af\u06a9\u06cc]/]];

function languageOf(text) {
  if (!RIGHT_TO_LEFT.test(text)) return null;
  const found = LETTERS.filter((row) => row[1].test(text))[0];
  return found ? found[0] : 'ar';
}

const IN_PARAGRAPH = 2;

// Short paragraphs of sentences, in the language that the server names; else a sentence in Arabic, Farsi or Hebrew gets a line of its own that runs from right to left.
function paragraphs(text, lang, dir) {
  const made = [];
  String(text || '').split(/\n+/).forEach((part) => {
    const all = sentences(part);
    // Three sentences stay together; more are cut into twos, which are easier to read on a phone.
    const step = all.length > IN_PARAGRAPH + 1 ? IN_PARAGRAPH : all.length || 1;
    for (let from = 0; from < all.length; from += step) {
      const p = make('p', { dir: dir || 'auto', lang });
      all.slice(from, from + step).forEach((sentence, index) => {
        const own = languageOf(sentence);
        if (index && !own) p.append(' ');
        p.append(make('span', { class: own ? 'piece own-line' : 'piece', dir: 'auto', lang: lang ? null : own }, sentence));
      });
      made.push(p);
    }
  });
  return made;
}
