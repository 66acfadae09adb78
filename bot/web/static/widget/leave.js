// Leaving at once: the button, the link, or Shift three times within five seconds. One for all widgets on the page.
const PRESSES = 3;
const WITHIN = 5000;
const widgets = new Set();

const leaving = {
  gone: false,
  count: 0,
  timer: 0,
  withOther: false,

  // Shift counts on its own only: Shift+A gives two keyups, and the first one says that Shift was held.
  onKey(event) {
    if (!Array.from(widgets).some((widget) => widget.used)) return;
    if (event.key !== 'Shift') {
      leaving.withOther = Boolean(event.shiftKey);
      if (!event.shiftKey) leaving.reset();
      return;
    }
    if (leaving.withOther) {
      leaving.withOther = false;
      return;
    }
    leaving.count += 1;
    if (leaving.count === 1) leaving.timer = setTimeout(leaving.reset, WITHIN);
    if (leaving.count >= PRESSES) {
      const first = Array.from(widgets).filter((widget) => widget.used)[0];
      leaving.now(first.leaveUrl);
      return;
    }
    widgets.forEach((widget) => widget.showPresses(leaving.count));
  },

  reset() {
    clearTimeout(leaving.timer);
    if (leaving.count) widgets.forEach((widget) => widget.showPresses(0));
    leaving.count = 0;
  },

  // Blank first, then delete, then replace: whoever looks over a shoulder sees nothing from the first moment.
  now(url) {
    if (leaving.gone) return;
    leaving.gone = true;
    const all = Array.from(widgets);
    const root = document.documentElement;
    const cover = make('div', { role: 'status' }, say('leaving'));
    const look = { position: 'fixed', top: '0', left: '0', width: '100%', height: '100%', 'z-index': '2147483647',
      margin: '0', padding: '2em', 'box-sizing': 'border-box', background: '#fff', color: '#333', font: '16px sans-serif',
      display: 'block', opacity: '1', visibility: 'visible', transform: 'none' };
    for (const name of Object.keys(look)) cover.style.setProperty(name, look[name], 'important');
    root.append(cover);
    document.title = say('leaving');
    all.forEach((widget) => widget.forgetAll(true));
    if (document.body) empty(document.body);
    try {
      // Inside a frame the whole page has to go.
      if (window.top !== window) window.top.location.replace(url);
    } catch (error) {
      // The frame may not: then at least itself.
    }
    window.location.replace(url);
  },

  // The tab closes or goes elsewhere: the conversation ends, and nothing of it waits in the browser's memory.
  onHide() {
    widgets.forEach((widget) => widget.forgetAll(true));
  },

  onShow(event) {
    if (!event.persisted) return;
    leaving.gone = false;
    widgets.forEach((widget) => widget.startAgain());
  },

  watch(widget) {
    if (!widgets.size) {
      window.addEventListener('keyup', leaving.onKey, true);
      window.addEventListener('pagehide', leaving.onHide);
      window.addEventListener('pageshow', leaving.onShow);
    }
    widgets.add(widget);
  },

  unwatch(widget) {
    widgets.delete(widget);
    if (widgets.size) return;
    clearTimeout(leaving.timer);
    leaving.count = 0;
    window.removeEventListener('keyup', leaving.onKey, true);
    window.removeEventListener('pagehide', leaving.onHide);
    window.removeEventListener('pageshow', leaving.onShow);
  },
};
