// Shows a message piece by piece, no faster than a fast reader reads (400 words a minute). The room is kept from the
// start, so nothing jumps. Any key or tap in the chat shows everything; so does "less motion" and so does danger.
const MS_PER_WORD = 150;

class Reveal {
  constructor(node, done) {
    this.pieces = Array.from(node.querySelectorAll('.piece'));
    this.done = done;
    this.timer = 0;
    this.pieces.forEach((piece) => piece.classList.add('waiting'));
    this.next();
  }

  next() {
    const piece = this.pieces.shift();
    if (!piece) {
      this.finish();
      return;
    }
    piece.classList.remove('waiting');
    const words = piece.tagName === 'SPAN' ? piece.textContent.trim().split(/\s+/).length : 2;
    // The cards come along with the last sentence.
    const last = !this.pieces.length || this.pieces[0].tagName !== 'SPAN';
    this.timer = setTimeout(() => this.next(), last ? 150 : Math.max(300, words * MS_PER_WORD));
  }

  finish() {
    clearTimeout(this.timer);
    this.pieces.splice(0).forEach((piece) => piece.classList.remove('waiting'));
    const done = this.done;
    this.done = null;
    if (done) done();
  }
}
