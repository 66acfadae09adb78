// Reads aloud with a voice that lives on the device. A voice from the network would send the answer, and with it
// what the child asked about, to somebody else: such a voice is never used.
class Voice {
  constructor(onChange) {
    this.synth = window.speechSynthesis && window.SpeechSynthesisUtterance ? window.speechSynthesis : null;
    this.onChange = onChange;
    this.heard = () => onChange();
    this.done = null;
    if (this.synth && this.synth.addEventListener) this.synth.addEventListener('voiceschanged', this.heard);
  }

  voice() {
    if (!this.synth) return null;
    const own = this.synth.getVoices().filter((v) => /^nl\b/i.test(v.lang) && v.localService);
    return own.filter((v) => /^nl[-_]nl/i.test(v.lang))[0] || own[0] || null;
  }

  get reading() {
    return Boolean(this.done);
  }

  read(text, done) {
    this.stop();
    const voice = this.voice();
    if (!voice) return;
    const parts = sentences(text);
    this.done = done;
    parts.forEach((part, index) => {
      const saying = new SpeechSynthesisUtterance(part);
      saying.lang = 'nl-NL';
      saying.voice = voice;
      saying.rate = 0.95;
      saying.onerror = () => this.finish(done);
      if (index === parts.length - 1) saying.onend = () => this.finish(done);
      this.synth.speak(saying);
    });
  }

  finish(done) {
    if (this.done === done && done) {
      this.done = null;
      done();
    }
  }

  stop() {
    if (!this.done) return;
    const done = this.done;
    this.done = null;
    this.synth.cancel();
    done();
  }

  end() {
    this.stop();
    if (this.synth && this.synth.removeEventListener) this.synth.removeEventListener('voiceschanged', this.heard);
  }
}
