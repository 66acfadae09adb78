// Message objects (docs/api.md, "Messages out") as elements.

// These follow-ups open a part of the card itself where the card has that part.
const IN_CARD = { gesprek_stappen: 'steps', gesprek_bellen: 'contacts', gesprek_artikel: 'articles' };
const TOOLS = ['gesprek_makkelijker', 'gesprek_meer'];
const ASKS_WHO = ['gesprek_kind', 'gesprek_ouder'];
const SHOWN_CONTACTS = 2;

function contactRow(contact, audience) {
  const state = contact.open_now === true ? say('is_open')
    : contact.open_now === false ? (contact.opens ? say('opens', audience, contact.opens) : say('is_closed')) : '';
  const name = contact.name;
  const ways = make('div', { class: 'ways' });
  if (contact.tel && /^\+?\d{3,14}$/.test(contact.tel)) {
    ways.append(make('a', { class: 'way call', href: 'tel:' + contact.tel }, icon('phone'),
      make('span', {}, make('span', { class: 'word' }, say('call', audience, '')), contact.phone || contact.tel),
      make('span', { class: 'unseen' }, ', ' + name)));
  } else if (contact.phone) {
    ways.append(make('span', { class: 'number' }, say('call', audience, contact.phone)));
  }
  if (contact.chat) {
    const title = say(contact.chat_open_now === false ? 'chat_closed' : 'chat');
    ways.append(outsideLink(contact.chat, title, 'way', name) || '');
  }
  if (contact.url && contact.url !== contact.chat) ways.append(outsideLink(contact.url, say('site'), 'way', name) || '');
  const notes = [contact.hours_text, contact.cost, contact.anonymous ? say('no_name', audience) : ''].filter(Boolean);
  return make('li', { class: 'contact' },
    make('p', { class: 'contact-name' }, make('strong', {}, name), ' ',
      state && make('span', { class: contact.open_now ? 'state open' : 'state' }, state)),
    contact.what && make('p', {}, contact.what), ways, notes.length > 0 && make('p', { class: 'notes' }, notes.join(' · ')));
}

function contactList(contacts, audience, all) {
  const list = make('ul', { class: 'contacts' }, ...contacts.map((contact) => contactRow(contact, audience)));
  if (all || contacts.length <= SHOWN_CONTACTS + 1) return [list];
  const hidden = Array.from(list.children).slice(SHOWN_CONTACTS);
  hidden.forEach((row) => { row.hidden = true; });
  const more = button('more', 'people', say('more_people', audience, hidden.length), () => {
    const open = more.getAttribute('aria-expanded') !== 'true';
    hidden.forEach((row) => { row.hidden = !open; });
    more.setAttribute('aria-expanded', String(open));
  });
  more.setAttribute('aria-expanded', 'false');
  return [list, more];
}

// The four people to call who are inside this file.
function helpContacts(audience) {
  return HELP[audience === 'ouder' ? 'ouder' : 'kind'].map((contact) => {
    const state = openState(contact.hours, new Date());
    return Object.assign({}, contact, { open_now: state.open, opens: state.opens });
  });
}

// `titled` where what to do in danger stands above it already.
function helpCard(audience, titled) {
  return make('div', { class: 'card alarm' }, !titled && make('p', {}, say('help_about', audience)),
    ...contactList(helpContacts(audience), audience, true), make('p', { class: 'notes' }, say('help_offline', audience)));
}

function heading(level, iconName, title) {
  return make('h' + level, { class: 'card-title' }, icon(iconName), make('span', {}, title));
}

function rightCard(message, audience, open) {
  const first = message.articles[0];
  const rows = message.articles.map((article) => make('li', {},
    make('p', { class: 'ref' }, make('strong', {}, articleName(article.ref)), ' – ' + article.title),
    article !== first && article.says && article.says !== first.says && make('p', { dir: 'auto' }, article.says),
    outsideLink(article.url, say('official'), 'text-link', articleName(article.ref))));
  const law = audience === 'ouder' ? message.law || [] : [];
  const details = make('details', { class: 'which' }, make('summary', {}, say('which_right')),
    make('p', { class: 'notes' }, say('treaty')), make('ul', { class: 'rows' }, ...rows),
    law.length > 0 && make('h5', {}, say('law')),
    law.length > 0 && make('ul', { class: 'rows' }, ...law.map((rule) => make('li', {}, make('p', {}, rule.says),
      (rule.url && outsideLink(rule.url, rule.ref, 'text-link')) || make('p', { class: 'notes' }, rule.ref)))));
  details.open = Boolean(open);
  return make('section', { class: 'card right piece' }, heading(4, 'shield', say('right', audience)),
    first.says && make('p', { dir: 'auto', class: 'says' }, first.says), details);
}

// "IVRK 27" as people say it; protocols keep their own name.
function articleName(ref) {
  const number = /^IVRK (\d+.*)$/.exec(ref);
  return number ? say('article', '', number[1]) : ref;
}

function stepsCard(steps, audience, all, speak) {
  const items = steps.map((step) => make('li', { dir: 'auto' }, step));
  const list = make('ol', { class: 'steps' }, ...items);
  const card = make('section', { class: 'card piece' }, heading(4, 'steps', say('steps', audience)), list);
  if (all || steps.length < 2) return card;
  let shown = 1;
  const next = button('next', 'steps', '', () => show(shown + 1));
  const every = button('quiet', '', say('all_steps'), () => show(steps.length));
  function show(count) {
    const before = shown;
    shown = Math.min(count, steps.length);
    items.forEach((item, index) => { item.hidden = index >= shown; });
    const done = shown === steps.length;
    next.lastChild.textContent = done ? say('last_step', audience)
      : say('next_step') + ' (' + (shown + 1) + ' van ' + steps.length + ')';
    // A button that has the focus must not vanish: it stays and says that it is done.
    for (const control of [next, every]) {
      control.setAttribute('aria-disabled', String(done));
      control.classList.toggle('used', done);
    }
    every.hidden = done && every.getRootNode().activeElement !== every;
    if (shown > before) speak(steps.slice(before, shown).map((s, i) => say('step', '', before + i + 1, steps.length) + ': ' + s).join(' '));
  }
  show(1);
  card.append(make('div', { class: 'row' }, next, every));
  return card;
}

function choiceButton(choice, context) {
  const node = button('choice', '', String(choice.title), () => context.choose(choice, node));
  return node;
}

// All of a message as one text, for screen readers and for reading aloud.
function plainText(message, audience) {
  const people = (message.contacts || []).map((c) => c.name + (c.phone ? ', ' + say('call', '', c.phone) : '') + '.').join(' ');
  const first = (message.articles || [])[0];
  const parts = [
    message.title && !message.part ? message.title + '.' : '',
    message.type === 'crisis' ? people : '',
    message.text, message.age_note, message.today,
    first && first.says && String(message.text).indexOf(first.says) < 0 ? say('right', audience) + ': ' + first.says : '',
    (message.steps || []).length ? say('steps', audience) + '. ' + message.steps.join(' ') : '',
    message.type !== 'crisis' && people ? say('people', audience) + ': ' + people : '',
    message.also, message.ask_audience,
  ];
  return parts.filter(Boolean).join(' ');
}

// One message. `context` gives audience, choose(choice, button), helpful(yes), read(text, button), canRead(), speak(text).
function messageCard(message, context) {
  const audience = message.audience || context.audience;
  const contacts = Array.isArray(message.contacts) ? message.contacts : [];
  const steps = Array.isArray(message.steps) ? message.steps : [];
  const articles = Array.isArray(message.articles) ? message.articles : [];
  const choices = Array.isArray(message.choices) ? message.choices : [];
  const crisis = message.type === 'crisis';
  const answer = message.type === 'answer';
  const node = make('article', { class: 'message ' + (crisis ? 'crisis' : '') });
  node.append(make('span', { class: 'unseen' }, say('bot') + ' '));
  const people = contacts.length > 0 && make('section', { class: crisis ? 'card alarm' : 'card piece' },
    heading(4, crisis ? 'help' : 'people', crisis ? say('help_title', audience) : say('people', audience)),
    ...contactList(contacts, audience, crisis || message.urgency === 'concern' || !answer));
  const title = message.title && !message.part && make('h3', { dir: 'auto' }, message.title);
  const text = message.lang ? paragraphs(message.text, message.lang, message.dir === 'rtl' ? 'rtl' : 'ltr') : paragraphs(message.text);
  if (message.age_note) text.push(make('p', { dir: 'auto', class: 'piece' }, message.age_note));
  if (message.today) text.push(make('p', { dir: 'auto', class: 'piece' }, make('strong', {}, message.today)));
  // What the text says already is not said again on the card.
  const said = (article) => (String(message.text).indexOf(article.says) < 0 ? article : Object.assign({}, article, { says: '' }));
  const right = articles.length > 0 && rightCard({ articles: articles.map(said), law: message.law }, audience,
    message.part === 'gesprek_artikel' || message.act === 'artikel');
  const todo = steps.length > 0 && stepsCard(steps, audience, crisis, context.speak);
  const waits = message.type === 'choose' || message.type === 'out_of_scope';
  const parts = crisis ? [people, title, ...text, todo, right]
    : message.urgency === 'concern' ? [title, ...text, people, right, todo]
      : waits ? [title, ...text] : [title, ...text, right, todo, people];
  parts.forEach((part) => part && node.append(part));

  const inCard = (id) => IN_CARD[id] && (message[IN_CARD[id]] || []).length > 0;
  const left = choices.filter((c) => c && c.id && c.title && !inCard(c.id));
  const tools = make('div', { class: 'row tools piece' });
  if (answer || crisis) {
    const read = button('tool read', 'read', say('read'), () => context.read(plainText(message, audience), read));
    read.hidden = !context.canRead();
    tools.append(read);
  }
  left.filter((c) => TOOLS.indexOf(c.id) >= 0).forEach((c) => {
    const tool = choiceButton(c, context);
    tool.classList.add('tool');
    tools.append(tool);
  });
  if (tools.children.length) node.append(tools);
  if (answer && !message.part) node.append(helpfulRow(audience, context));
  const groups = [
    [message.also, left.filter((c) => c.topic)],
    [message.ask_audience, left.filter((c) => ASKS_WHO.indexOf(c.id) >= 0)],
    [answer ? say('choices', audience) : '', left.filter((c) => !c.topic && TOOLS.concat(ASKS_WHO).indexOf(c.id) < 0)],
  ];
  groups.forEach(([asks, of]) => {
    if (!of.length) return;
    node.append(make('div', { class: 'choices piece', role: 'group', 'aria-label': asks || say('choose') },
      asks && make('p', { class: 'asks' }, asks), make('div', { class: 'row' }, ...of.map((c) => choiceButton(c, context)))));
  });
  // A question back comes before the people: first what can be chosen.
  if (waits && people) node.append(people);
  return node;
}

function helpfulRow(audience, context) {
  const thanks = make('p', { class: 'thanks' });
  const pick = (yes) => {
    if (thanks.textContent) return;
    thanks.textContent = say(yes ? 'thanks_yes' : 'thanks_no', audience);
    for (const [node, mine] of [[yesButton, yes], [noButton, !yes]]) {
      node.setAttribute('aria-pressed', String(mine));
      node.setAttribute('aria-disabled', 'true');
      node.classList.add('used');
    }
    context.helpful(yes);
    context.speak(thanks.textContent);
  };
  const yesButton = button('tool', '', say('yes'), () => pick(true));
  const noButton = button('tool', '', say('no'), () => pick(false));
  return make('div', { class: 'helpful piece', role: 'group', 'aria-label': say('helpful', audience) },
    make('p', { class: 'asks' }, say('helpful', audience)), make('div', { class: 'row' }, yesButton, noButton), thanks);
}
