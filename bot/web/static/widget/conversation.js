// The talk with the server. Holds one thing, in memory: the conversation's token.
const ANSWER_WITHIN = 20000;

class Failure extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

class Conversation {
  constructor(server) {
    this.server = server;
    this.token = null;
    this.audience = null;
    this.waiting = [];
  }

  async call(method, path, body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_WITHIN);
    let response;
    let data = null;
    try {
      response = await fetch(this.server + '/api' + path, {
        method, signal: stop.signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'error',
        headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined,
      });
      if (response.status !== 204) data = await response.json();
    } catch (error) {
      if (stop.signal.aborted) throw new Failure('timeout');
      throw new Failure(response || navigator.onLine !== false ? 'server' : 'offline');
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return data;
    const kind = String((data && data.type) || '').split(':').pop();
    const known = { 'unknown-conversation': 'unknown', 'not-offered': 'not_offered', 'too-long': 'too_long',
      starting: 'starting', busy: 'busy' };
    if (known[kind]) throw new Failure(known[kind]);
    throw new Failure(response.status === 422 || response.status === 413 ? 'invalid' : response.status === 429 ? 'busy' : 'server');
  }

  async start() {
    const data = await this.call('POST', '/conversations', { audience: this.audience });
    if (!data || typeof data.conversation !== 'string') throw new Failure('server');
    return data.conversation;
  }

  async say(token, body) {
    const data = await this.call('POST', '/conversations/' + encodeURIComponent(token) + '/messages', body);
    const messages = data && Array.isArray(data.messages) ? data.messages.filter((m) => m && typeof m === 'object') : [];
    if (!messages.length) throw new Failure('server');
    return messages;
  }

  // Asks and gives message objects. `said` is {text}, {choice, title} or {path: [choice, choice], title}; a conversation
  // that is over begins anew and the question is asked again. Gives null when the conversation was erased meanwhile.
  async ask(said) {
    const mark = {};
    this.waiting.push(mark);
    try {
      for (let attempt = 0; ; attempt += 1) {
        if (!this.token) {
          const token = await this.start();
          mark.token = token;
          if (mark.erased) return null;
          this.token = token;
        }
        const token = this.token;
        mark.token = token;
        try {
          const messages = await this.sayAll(token, said);
          return mark.erased ? null : messages;
        } catch (failure) {
          if (mark.erased) return null;
          if (attempt || (failure.kind !== 'unknown' && failure.kind !== 'too_long')) throw failure;
          this.forget(token);
          this.token = null;
        }
      }
    } finally {
      this.waiting.splice(this.waiting.indexOf(mark), 1);
      // What was still under way when everything was erased may have been kept after all: erase it again.
      if (mark.erased && mark.token) this.forget(mark.token);
    }
  }

  async sayAll(token, said) {
    if (said.text) return this.say(token, { text: said.text });
    try {
      let messages = [];
      for (const choice of said.path || [said.choice]) messages = await this.say(token, { choice });
      return messages;
    } catch (failure) {
      // A choice from a conversation that is over: its words say the same.
      if (failure.kind === 'not_offered' && said.title) return this.say(token, { text: said.title });
      throw failure;
    }
  }

  helpful(yes) {
    if (!this.token) return;
    this.call('POST', '/conversations/' + encodeURIComponent(this.token) + '/feedback', { helpful: yes }).catch(() => {});
  }

  // Deletes one conversation on the server; `leaving` when the page is on its way out.
  forget(token, leaving) {
    const path = this.server + '/api/conversations/' + encodeURIComponent(token);
    if (leaving && this.server !== location.origin && navigator.sendBeacon) {
      // From another site DELETE needs a question first (preflight), which a page that closes may not live to ask.
      try {
        if (navigator.sendBeacon(path + '/end', '')) return Promise.resolve(true);
      } catch (error) {
        // Then the other way.
      }
    }
    try {
      return fetch(path, { method: 'DELETE', keepalive: true, cache: 'no-store', credentials: 'omit',
        referrerPolicy: 'no-referrer' }).then((r) => r.ok, () => false);
    } catch (error) {
      return Promise.resolve(false);
    }
  }

  // Ends the conversation. Resolves to whether the server has erased it too.
  end(leaving) {
    const token = this.token;
    this.token = null;
    for (const mark of this.waiting) mark.erased = true;
    return token ? this.forget(token, leaving) : Promise.resolve(true);
  }
}
