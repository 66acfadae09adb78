// <kinderrechten-chat>: what is on the screen. Everything it starts is undone in disconnectedCallback.
const SLOW_AFTER = 5000;
const WARN_AFTER = 350;
const MAX_TEXT = 1000;
const PLACES = ['right', 'left', 'inline'];
const COLOURS = ['auto', 'light', 'dark', 'contrast'];
let sheet = null;
let numbered = 0;

class KinderrechtenChat extends HTMLElement {
  static get observedAttributes() {
    return ['audience', 'color', 'theme', 'place', 'text-title', 'text-button', 'text-intro'];
  }

  // For tests and for whoever wants to check: what the warning says about a text.
  static findPersonal(text) {
    return findPersonal(text);
  }

  // ---- life

  connectedCallback() {
    if (this.isOn) return;
    this.isOn = true;
    // Two widgets may stand on one page; each is a landmark with a name of its own.
    let number = 1;
    while (Array.from(widgets).some((other) => other.number === number)) number += 1;
    this.number = number;
    this.used = false;
    this.busy = false;
    this.view = 'closed';
    this.reveals = new Set();
    this.timers = new Set();
    this.conversation = new Conversation(this.server);
    this.audience = this.getAttribute('audience');
    this.announcer = new Announcer();
    this.voice = new Voice(() => this.showVoice());
    this.build();
    this.words();
    this.look();
    leaving.watch(this);
    this.onResize = () => this.fit();
    if (window.visualViewport) window.visualViewport.addEventListener('resize', this.onResize);
    this.ask = this.ask.bind(this);
    if (this.place === 'inline') this.show('chat');
    else if (this.hasAttribute('open')) this.show('chat');
    else this.show('closed');
    this.tell('ready');
  }

  disconnectedCallback() {
    if (!this.isOn) return;
    this.isOn = false;
    this.forgetAll(true);
    leaving.unwatch(this);
    this.voice.end();
    this.announcer.stop();
    if (window.visualViewport) window.visualViewport.removeEventListener('resize', this.onResize);
    empty(this.shadowRoot);
  }

  attributeChangedCallback(name) {
    if (!this.isOn) return;
    if (name === 'audience') this.audience = this.getAttribute('audience');
    this.words();
    this.look();
  }

  // ---- attributes

  get audience() {
    return this.conversation.audience;
  }

  set audience(value) {
    this.conversation.audience = value === 'kind' || value === 'ouder' ? value : null;
  }

  get place() {
    return PLACES.indexOf(this.getAttribute('place')) >= 0 ? this.getAttribute('place') : 'right';
  }

  get server() {
    const given = safeUrl(this.getAttribute('server') || SERVER, location.href);
    return given ? given.replace(/\/+$/, '') : location.origin;
  }

  get leaveUrl() {
    return safeUrl(this.getAttribute('leave-url')) || LEAVE_URL;
  }

  // ---- for the host page

  open() {
    this.show('chat', true);
  }

  close() {
    this.show('closed');
  }

  help() {
    this.show('help', true);
  }

  leave() {
    this.tell('leave');
    leaving.now(this.leaveUrl);
  }

  // Events say that something happened, never what was asked or answered.
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent('krw-' + name, { bubbles: true, composed: true, detail: detail || {} }));
  }

  say(key, ...values) {
    return say(key, this.audience, ...values);
  }

  // ---- what it is made of

  build() {
    const shadow = this.shadowRoot || this.attachShadow({ mode: 'open' });
    try {
      if (!sheet) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS_TEXT);
      }
      shadow.adoptedStyleSheets = [sheet];
    } catch (error) {
      // Phones from before 2020: a style sheet from our own server, which a strict policy can allow by name.
      shadow.append(make('link', { rel: 'stylesheet', href: this.server + '/widget.css' }));
    }
    const el = {};
    this.el = el;
    el.leaveLink = make('a', { class: 'leave-link', href: this.leaveUrl, rel: 'nofollow noopener noreferrer', onclick: (event) => {
      event.preventDefault();
      this.leave();
    } });
    el.launchHelp = button('help-button', 'help', '', () => this.show('help', true));
    el.launch = button('open-button', 'chat', '', () => this.show('chat', true));
    el.launch.setAttribute('aria-expanded', 'false');
    el.launchRow = make('div', { class: 'launch' }, el.launchHelp, el.launch);

    el.title = make('h2', { id: 'title' });
    el.under = make('p', { class: 'under' });
    el.settingsButton = button('round', 'settings', '', () => this.show(this.view === 'settings' ? 'chat' : 'settings', true));
    el.closeButton = button('round', 'close', '', () => this.leaveView());
    el.helpButton = button('help-button', 'help', '', () => this.show(this.view === 'help' ? this.cameFrom : 'help', true));
    el.leaveButton = button('leave-button', 'leave', '', () => this.leave());
    el.presses = make('span', { class: 'presses', 'aria-hidden': 'true' }, make('i'), make('i'), make('i'));
    el.leaveButton.append(el.presses);
    el.eraseButton = button('erase-button', 'erase', '', () => this.erase());
    const head = make('header', { class: 'head' },
      make('div', { class: 'names' }, make('span', { class: 'face' }, icon('chat')), make('div', {}, el.title, el.under)),
      el.settingsButton, el.closeButton);
    const safety = make('div', { class: 'safety' }, el.helpButton, el.leaveButton, el.eraseButton);

    el.log = make('div', { class: 'log', role: 'log', 'aria-live': 'off', tabindex: '0' });
    el.warning = make('p', { class: 'warning', id: 'warning', hidden: true });
    el.note = make('p', { class: 'note', id: 'note', hidden: true });
    el.label = make('label', { for: 'question', class: 'unseen' });
    // The browser's own spelling help may send what is typed to somebody else; so may add-ons.
    el.input = make('textarea', { id: 'question', rows: '1', maxlength: String(MAX_TEXT), autocomplete: 'off', spellcheck: 'false',
      'data-gramm': 'false', 'data-lpignore': 'true', 'aria-describedby': 'warning note', dir: 'auto', enterkeyhint: 'send' });
    el.send = make('button', { type: 'submit', class: 'send' }, icon('send'), make('span', {}));
    el.form = make('form', { class: 'ask', novalidate: true, autocomplete: 'off' }, el.label, el.input, el.send);
    el.chat = make('div', { class: 'view chat' }, el.log, el.warning, el.note, el.form);
    el.help = make('section', { class: 'view page', 'aria-labelledby': 'help-title', tabindex: '-1', hidden: true });
    el.settings = make('section', { class: 'view page', 'aria-labelledby': 'settings-title', tabindex: '-1', hidden: true });
    // In the page itself it is a part of the page, no window over it.
    el.box = make('section', { class: 'box', id: 'box', role: this.place === 'inline' ? 'group' : 'dialog', 'aria-labelledby': 'title', tabindex: '-1', hidden: true },
      head, safety, el.chat, el.help, el.settings, this.announcer.node);
    el.root = make('div', { class: 'root', lang: 'nl', role: 'region' }, el.leaveLink, el.box, el.launchRow);
    shadow.append(el.root);
    // In the browser's top layer nothing of the host page can lie over the buttons, and no transform can move them.
    if (this.place !== 'inline' && el.root.showPopover) {
      el.root.setAttribute('popover', 'manual');
      el.root.showPopover();
    }

    el.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    el.input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.repeat) return;
      event.preventDefault();
      this.submit();
    });
    el.input.addEventListener('input', () => this.typed());
    el.root.addEventListener('keydown', (event) => this.onKey(event));
    el.box.addEventListener('pointerdown', () => this.showAll());
    // What is typed here is nobody else's business: the host page's shortcuts and counters do not hear it.
    for (const name of ['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'change', 'paste', 'copy', 'cut']) {
      el.root.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  // All fixed words, again after the reader changed from child to parent.
  words() {
    const el = this.el;
    const title = this.getAttribute('text-title') || this.say('name');
    el.root.setAttribute('aria-label', this.say('name') + (this.number > 1 ? ' ' + this.number : ''));
    el.title.textContent = title;
    el.under.textContent = this.say('under_name');
    el.leaveLink.textContent = this.say('leave_link');
    el.launch.lastChild.textContent = this.getAttribute('text-button') || this.say('open');
    el.launchHelp.lastChild.textContent = this.say('help');
    el.helpButton.lastChild.textContent = this.say('help');
    el.leaveButton.children[1].textContent = this.say('leave');
    el.eraseButton.lastChild.textContent = this.say('erase');
    el.settingsButton.lastChild.textContent = this.say('settings');
    el.closeButton.lastChild.textContent = this.say(this.view === 'help' || this.view === 'settings' ? 'back' : 'close');
    el.label.textContent = this.say('label');
    el.input.placeholder = this.say('label');
    el.send.lastChild.textContent = this.say('send');
    el.log.setAttribute('aria-label', this.say('log'));
    if (!el.log.querySelector('.turn')) this.welcome();
    if (this.view === 'help') this.fillHelp();
    if (this.view === 'settings') this.fillSettings();
  }

  look() {
    const root = this.el.root;
    const theme = COLOURS.indexOf(this.theme || this.getAttribute('theme')) >= 0 ? this.theme || this.getAttribute('theme') : 'auto';
    root.className = 'root ' + this.place + ' ' + theme + ' size-' + (this.size || 0) + ' ' + this.view;
    colourIn(root, this.getAttribute('color'));
    this.fit();
  }

  // A phone's keyboard covers the lower half of the page: the box takes what is left.
  fit() {
    const seen = window.visualViewport;
    const root = this.el.root;
    if (seen && Math.abs(seen.scale - 1) < 0.05 && this.view !== 'closed') {
      root.style.setProperty('--room', Math.round(seen.height) + 'px');
    } else {
      root.style.removeProperty('--room');
    }
  }

  // ---- what is in view

  // `byUser` when somebody asked for it: only then the focus goes along.
  show(view, byUser) {
    const el = this.el;
    if (view === 'closed' && this.place === 'inline') view = 'chat';
    const before = this.view;
    if (view !== before && (view === 'help' || view === 'settings') && before !== 'help' && before !== 'settings') this.cameFrom = before;
    this.view = view;
    const open = view !== 'closed';
    if (open) this.used = true;
    // The link stays with what can be reached: first in the box, or first of all.
    const home = open ? el.box : el.root;
    if (el.leaveLink.parentNode !== home) home.insertBefore(el.leaveLink, home.firstChild);
    el.box.hidden = !open;
    el.launchRow.hidden = open;
    el.launch.setAttribute('aria-expanded', String(open));
    el.chat.hidden = view !== 'chat';
    el.help.hidden = view !== 'help';
    el.settings.hidden = view !== 'settings';
    el.closeButton.hidden = this.place === 'inline' && view === 'chat';
    el.helpButton.setAttribute('aria-pressed', String(view === 'help'));
    el.settingsButton.setAttribute('aria-pressed', String(view === 'settings'));
    if (view === 'help') this.fillHelp();
    if (view === 'settings') this.fillSettings();
    this.look();
    this.words();
    // A screen that is full is a dialog of its own: what lies behind it is not for now.
    if (this.place !== 'inline') el.box.setAttribute('aria-modal', String(open && this.fills()));
    if (view === 'chat') this.fetchStarters();
    if (view !== 'chat') this.voice.stop();
    if (byUser) {
      if (view === 'help') el.help.focus();
      else if (view === 'settings') el.settings.focus();
      else if (view === 'chat') this.focusChat(before);
      else (before === 'help' && this.fromLaunchHelp ? el.launchHelp : el.launch).focus();
    }
    this.fromLaunchHelp = view === 'help' && (before === 'closed' || (before === 'help' && this.fromLaunchHelp));
    if (open !== (before !== 'closed')) this.tell(open ? 'open' : 'close');
    if (view === 'help' && before !== 'help') this.tell('help');
  }

  focusChat(before) {
    if (before === 'help') this.el.helpButton.focus();
    else if (before === 'settings') this.el.settingsButton.focus();
    else this.el.box.focus();
  }

  // Does the box cover the whole screen?
  fills() {
    return this.place !== 'inline' && window.matchMedia('(max-width: 30em), (max-height: 30em)').matches;
  }

  // One step back: from help or settings to where one was, from the chat to closed.
  leaveView() {
    if (this.view === 'help' || this.view === 'settings') this.show(this.cameFrom || 'chat', true);
    else this.show('closed', true);
  }

  onKey(event) {
    if (this.view === 'chat') this.showAll();
    if (event.key === 'Escape' && this.view !== 'closed' && !(this.place === 'inline' && this.view === 'chat')) {
      event.preventDefault();
      this.leaveView();
    }
    if (event.key === 'Tab' && this.view !== 'closed' && this.fills()) this.keepIn(event);
  }

  // With the whole screen covered, Tab goes round inside, so that the focus is never behind the box.
  keepIn(event) {
    const all = Array.from(this.el.box.querySelectorAll('a[href], button, textarea, input, summary, [tabindex="0"]'))
      .filter((node) => node.getClientRects().length && !node.disabled);
    const now = this.shadowRoot.activeElement;
    const first = all[0];
    const last = all[all.length - 1];
    if (event.shiftKey && (now === first || now === this.el.box)) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && now === last) {
      event.preventDefault();
      first.focus();
    }
  }

  fillHelp() {
    const el = this.el;
    empty(el.help);
    el.help.append(make('h3', { id: 'help-title' }, this.say('help_about')), helpCard(this.audience, true),
      button('wide', 'back', this.say(this.cameFrom === 'chat' ? 'back_to_chat' : 'back'), () => this.leaveView()));
  }

  fillSettings() {
    const el = this.el;
    const group = (key, options, chosen, pick) => make('fieldset', {}, make('legend', {}, this.say(key)),
      ...options.map(([value, title]) => {
        const input = make('input', { type: 'radio', name: key, value });
        input.checked = value === String(chosen);
        input.addEventListener('change', () => pick(value));
        return make('label', { class: 'option' }, input, make('span', {}, title));
      }));
    // Made again in other words, the control that was used keeps the focus.
    const had = this.shadowRoot.activeElement;
    const used = had && had.type === 'radio' && el.settings.contains(had) ? 'input[name="' + had.name + '"][value="' + had.value + '"]' : '';
    empty(el.settings);
    el.settings.append(make('h3', { id: 'settings-title' }, this.say('settings')),
      group('audience', [['kind', this.say('child')], ['ouder', this.say('parent')]], this.audience, (v) => this.pickAudience(v)),
      group('size', TEXTS.sizes.map((title, i) => [String(i), title]), this.size || 0, (v) => {
        this.size = Number(v);
        this.look();
      }),
      group('theme', COLOURS.map((id) => [id, TEXTS.themes[id]]), this.theme || this.getAttribute('theme') || 'auto', (v) => {
        this.theme = v;
        this.look();
      }),
      this.leaveAbout(),
      button('wide', 'back', this.say('back_to_chat'), () => this.leaveView()));
    if (used) el.settings.querySelector(used).focus();
  }

  leaveAbout() {
    return make('div', { class: 'card calm' }, make('h4', { class: 'card-title' }, icon('eye'), make('span', {}, this.say('leave_title'))),
      make('p', {}, this.say('leave_about', this.orShift())),
      make('p', {}, this.safetyLink()));
  }

  // A phone without keys is not told about a key.
  orShift() {
    return window.matchMedia('(hover: none) and (pointer: coarse)').matches ? '' : this.say('or_shift');
  }

  safetyLink() {
    return outsideLink(this.server + '/veilig', this.say('safety_link'), 'text-link');
  }

  // ---- the first view

  welcome() {
    const log = this.el.log;
    empty(log);
    const who = make('div', { class: 'row', role: 'group', 'aria-labelledby': 'who' },
      ...[['kind', 'child'], ['ouder', 'parent']].map(([audience, key]) => {
        const pick = button('choice', '', this.say(key), () => this.pickAudience(audience));
        pick.setAttribute('aria-pressed', String(this.audience === audience));
        pick.classList.toggle('used', this.audience === audience);
        pick.setAttribute('data-who', audience);
        return pick;
      }));
    const own = this.getAttribute('text-intro');
    this.el.starters = make('div', { class: 'starters', hidden: true });
    log.append(make('div', { class: 'intro' }, make('h3', {}, this.say('hello')), own && make('p', { dir: 'auto' }, own),
      make('ul', { class: 'promises' }, ...TEXTS.intro[this.audience === 'ouder' ? 1 : 0].map((line) => make('li', {}, icon('check'),
        make('span', {}, line))), make('li', {}, icon('eye'), make('span', {}, this.say('intro_leave', this.orShift()) + ' ', this.safetyLink()))),
      make('p', { class: 'asks', id: 'who' }, this.say('who')), who, this.el.starters));
    this.showStarters();
  }

  fetchStarters() {
    const audience = this.audience || 'kind';
    if (this.starters && this.starters.audience === audience) return;
    if (this.asking === audience) return;
    this.asking = audience;
    this.conversation.call('GET', '/starters?audience=' + audience).then((data) => {
      if (data && Array.isArray(data.themes)) this.starters = { audience, themes: data.themes };
      if (this.isOn) this.showStarters();
    }, () => {}).then(() => { this.asking = null; });
  }

  showStarters() {
    const place = this.el.starters;
    if (!place || !this.starters) return;
    empty(place);
    place.hidden = false;
    place.append(make('p', { class: 'asks' }, this.say('about_what')), ...this.starters.themes.map((theme) =>
      make('details', { class: 'theme' },
        make('summary', {}, make('span', {}, make('strong', {}, theme.title), make('small', {}, theme.about))),
        make('div', { class: 'row' }, ...theme.questions.map((q) => button('choice', '', q.question, () =>
          this.ask({ path: ['thema_' + theme.id, q.topic], title: q.question }, q.question)))))));
  }

  pickAudience(audience) {
    if (this.audience === audience) return;
    this.audience = audience;
    const had = this.shadowRoot.activeElement;
    const mine = had && had.getAttribute('data-who');
    this.words();
    // The first view is made again in other words: the button that was pressed keeps the focus.
    if (mine) this.el.log.querySelector('[data-who="' + mine + '"]').focus();
    this.fetchStarters();
    if (this.conversation.token) {
      const id = audience === 'ouder' ? 'gesprek_ouder' : 'gesprek_kind';
      const title = this.say(audience === 'ouder' ? 'parent' : 'child');
      this.ask({ choice: id, title }, title);
    }
  }

  // ---- asking and answering

  typed() {
    const el = this.el;
    const text = el.input.value;
    if (!this.sizing) {
      this.sizing = requestAnimationFrame(() => {
        this.sizing = 0;
        el.input.style.setProperty('height', 'auto');
        el.input.style.setProperty('height', el.input.scrollHeight + 4 + 'px');
      });
    }
    const left = MAX_TEXT - text.length;
    this.noteThat(left <= 100 ? this.say('left', left) : '');
    clearTimeout(this.warnTimer);
    this.warnTimer = setTimeout(() => this.warn(), WARN_AFTER);
  }

  warn() {
    const found = findPersonal(this.el.input.value);
    if (found === this.warned) return;
    this.warned = found;
    const text = found ? TEXTS.warn[found][0] + ' ' + this.say('warn_end') : '';
    this.el.warning.textContent = text;
    this.el.warning.hidden = !found;
    this.announcer.speak(text);
  }

  noteThat(text, speak) {
    this.el.note.textContent = text;
    this.el.note.hidden = !text;
    if (speak) this.announcer.speak(text);
  }

  submit() {
    const text = this.el.input.value.trim();
    if (this.busy) {
      this.noteThat(this.say('wait'), true);
      return;
    }
    if (!text) {
      this.noteThat(this.say('empty'), true);
      return;
    }
    this.el.input.value = '';
    this.typed();
    this.warn();
    this.ask({ text }, text);
  }

  setBusy(busy) {
    this.busy = busy;
    this.el.send.setAttribute('aria-disabled', String(busy));
    this.el.log.setAttribute('aria-busy', String(busy));
    if (!busy) this.noteThat('');
  }

  // `said` goes to the server, `shown` is what stands in the reader's bubble.
  async ask(said, shown) {
    if (this.busy) {
      this.noteThat(this.say('wait'), true);
      return;
    }
    this.used = true;
    this.showAll();
    this.voice.stop();
    this.setBusy(true);
    this.noteThat('');
    const talk = this.conversation;
    const turn = make('div', { class: 'turn' }, make('div', { class: 'said' }, make('span', { class: 'unseen' }, this.say('you') + ' '),
      make('p', { dir: 'auto', lang: languageOf(shown) }, shown)));
    const typing = make('p', { class: 'typing' }, make('span', { class: 'dots', 'aria-hidden': 'true' }, make('i'), make('i'), make('i')),
      make('span', {}, this.say('typing')));
    turn.append(typing);
    this.el.log.append(turn);
    this.bringUp(turn);
    this.announcer.speak(this.say('typing'));
    const slow = setTimeout(() => {
      typing.after(make('div', { class: 'message slow' }, make('p', {}, this.say('slow')), helpCard(this.audience)));
      this.announcer.speak(this.say('slow'), true);
      this.tell('slow');
    }, SLOW_AFTER);
    this.timers.add(slow);
    let messages = null;
    let failure = null;
    try {
      messages = await talk.ask(said);
    } catch (error) {
      failure = error;
    }
    clearTimeout(slow);
    this.timers.delete(slow);
    // Erased or gone meanwhile: this answer is for nobody any more.
    if (!this.isOn || !turn.parentNode) return;
    typing.remove();
    const waited = turn.querySelector('.slow');
    if (waited) waited.remove();
    this.setBusy(false);
    if (failure) this.failed(turn, said, shown, failure.kind || 'server');
    else if (messages) this.answered(turn, messages);
    else turn.remove();
  }

  answered(turn, messages) {
    const urgent = messages.some((m) => m.type === 'crisis' || m.act === 'misschien_crisis' || m.urgency === 'concern');
    const holder = make('div', { class: 'answers' }, ...messages.map((message) => messageCard(message, {
      audience: this.audience || 'kind',
      choose: (choice, node) => this.choose(choice, node),
      helpful: (yes) => {
        this.conversation.helpful(yes);
        this.tell('helpful', { helpful: yes });
      },
      read: (text, node) => this.read(text, node),
      canRead: () => Boolean(this.voice.voice()),
      speak: (text) => this.announcer.speak(text),
    })));
    turn.append(holder);
    // What is in another language is spoken by itself, the Dutch of the same answer after it.
    const foreign = messages.filter((m) => m.lang);
    foreign.forEach((m) => this.announcer.speak(m.text, false, m.lang));
    this.announcer.speak(messages.map((m) => plainText(m.lang ? Object.assign({}, m, { text: '' }) : m, m.audience || this.audience))
      .join(' '), urgent);
    this.bringUp(turn);
    this.tell('answer', { type: messages[messages.length - 1].type });
    if (urgent || this.calm()) return;
    const reveal = new Reveal(holder, () => this.reveals.delete(reveal));
    this.reveals.add(reveal);
  }

  failed(turn, said, shown, kind) {
    const key = 'error_' + (TEXTS['error_' + kind] ? kind : 'server');
    const retry = button('choice', '', this.say('retry'), () => {
      if (this.busy || retry.classList.contains('used')) return;
      retry.classList.add('used');
      retry.setAttribute('aria-disabled', 'true');
      this.ask(said, shown);
    });
    turn.append(make('div', { class: 'message error' }, make('p', {}, this.say(key)), make('div', { class: 'row' }, retry),
      helpCard(this.audience)));
    this.announcer.speak(this.say(key), true);
    this.bringUp(turn);
    this.tell('error', { kind });
  }

  choose(choice, node) {
    if (this.busy) {
      this.noteThat(this.say('wait'), true);
      return;
    }
    node.classList.add('used');
    node.setAttribute('aria-pressed', 'true');
    if (choice.id === 'gesprek_kind' || choice.id === 'gesprek_ouder') {
      this.audience = choice.id === 'gesprek_ouder' ? 'ouder' : 'kind';
      this.words();
    }
    this.ask({ choice: choice.id, title: choice.title }, choice.title);
  }

  read(text, node) {
    const mine = node.getAttribute('aria-pressed') === 'true';
    this.voice.stop();
    if (mine) return;
    const label = node.lastChild;
    node.setAttribute('aria-pressed', 'true');
    label.textContent = this.say('stop');
    this.voice.read(text, () => {
      node.setAttribute('aria-pressed', 'false');
      label.textContent = this.say('read');
    });
  }

  showVoice() {
    const can = Boolean(this.voice.voice());
    Array.from(this.el.log.querySelectorAll('.read')).forEach((node) => { node.hidden = !can; });
  }

  calm() {
    return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  showAll() {
    this.reveals.forEach((reveal) => reveal.finish());
  }

  // The question comes to the top and the answer begins below it; nothing moves after that.
  bringUp(turn) {
    const log = this.el.log;
    const scroller = log.scrollHeight > log.clientHeight + 1 ? log : this.el.box;
    const top = turn.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
      - (scroller === log ? 8 : 72);
    if (scroller.scrollTo) scroller.scrollTo({ top, behavior: this.calm() ? 'auto' : 'smooth' });
    else scroller.scrollTop = top;
  }

  showPresses(count) {
    Array.from(this.el.presses.children).forEach((dot, index) => dot.classList.toggle('on', index < count));
    this.el.presses.classList.toggle('on', count > 0);
    if (count) this.announcer.speak(this.say('leave_left', PRESSES - count), true);
  }

  // ---- forgetting

  // Empties the screen and the memory; says whether the server has erased the conversation too.
  forgetAll(onTheWay) {
    this.voice.stop();
    this.announcer.stop();
    this.reveals.forEach((reveal) => reveal.finish());
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
    clearTimeout(this.warnTimer);
    const gone = this.conversation.end(onTheWay);
    this.el.input.value = '';
    this.warned = '';
    this.el.warning.textContent = '';
    this.el.warning.hidden = true;
    this.el.input.style.removeProperty('height');
    empty(this.el.log);
    return gone;
  }

  erase() {
    const gone = this.forgetAll();
    this.setBusy(false);
    this.show('chat');
    this.welcome();
    this.el.log.scrollTop = 0;
    gone.then((done) => {
      if (this.isOn) this.noteThat(this.say(done ? 'erased' : 'erased_here'), true);
    });
    this.tell('erase');
  }

  // The page came back from the browser's memory: nothing of before is left.
  startAgain() {
    this.setBusy(false);
    this.used = false;
    this.welcome();
    this.show(this.place === 'inline' ? 'chat' : 'closed');
  }
}

// The site's own colour, on the condition that text on it can be read: black or white, whichever has more contrast.
function colourIn(root, colour) {
  for (const name of ['--own', '--own-ink']) root.style.removeProperty(name);
  root.classList.remove('own');
  const hex = /^#([0-9a-f]{6})$/i.exec(colour || '');
  if (!hex) return;
  const light = [0, 2, 4].map((at) => parseInt(hex[1].substr(at, 2), 16) / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4)))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  root.style.setProperty('--own', colour);
  root.style.setProperty('--own-ink', 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? '#ffffff' : '#000000');
  root.classList.add('own');
}
