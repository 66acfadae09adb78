// Speaks to screen readers, each message once. Two slots take turns, so that the same sentence twice is spoken twice;
// a slot is emptied after a second, so that nobody who reads the page finds everything double.
class Announcer {
  constructor() {
    this.polite = [0, 1].map(() => make('div', { 'aria-live': 'polite', 'aria-atomic': 'true' }));
    this.urgent = make('div', { 'aria-live': 'assertive', 'aria-atomic': 'true' });
    this.node = make('div', { class: 'unseen' }, this.polite[0], this.polite[1], this.urgent);
    this.queue = [];
    this.turn = 0;
    this.timer = 0;
  }

  // `lang` where it is not Dutch, so that the voice for that language reads it.
  speak(text, urgent, lang) {
    if (!text) return;
    if (urgent) this.queue.unshift({ text, lang, slot: this.urgent });
    else this.queue.push({ text, lang, slot: null });
    if (!this.timer) this.timer = setTimeout(() => this.next(), 100);
  }

  next() {
    this.clear();
    const item = this.queue.shift();
    if (!item) {
      this.timer = 0;
      return;
    }
    const slot = item.slot || this.polite[this.turn];
    if (!item.slot) this.turn = 1 - this.turn;
    if (item.lang) slot.lang = item.lang;
    else slot.removeAttribute('lang');
    slot.textContent = item.text;
    this.timer = setTimeout(() => this.next(), 1000);
  }

  clear() {
    for (const slot of this.polite.concat(this.urgent)) slot.textContent = '';
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.queue = [];
    this.clear();
  }
}
