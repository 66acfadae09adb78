// Defines the element and, for a <script data-…> line, puts one on the page.
const NAMES = ['place', 'audience', 'open', 'theme', 'color', 'text-title', 'text-button', 'text-intro', 'leave-url'];

if (!window.customElements.get('kinderrechten-chat')) window.customElements.define('kinderrechten-chat', KinderrechtenChat);

function putOnPage() {
  // Who writes the element in the page decides alone where it stands.
  if (!SCRIPT || SCRIPT.getAttribute('data-place') === 'none') return;
  const all = Array.from(document.querySelectorAll('kinderrechten-chat'));
  const place = SCRIPT.getAttribute('data-place') || 'right';
  if (all.some((other) => !other.fromScript || (other.getAttribute('place') || 'right') === place)) return;
  const node = document.createElement('kinderrechten-chat');
  node.fromScript = true;
  node.setAttribute('server', SERVER);
  for (const name of NAMES) {
    if (SCRIPT.hasAttribute('data-' + name)) node.setAttribute(name, SCRIPT.getAttribute('data-' + name));
  }
  if (place === 'inline' && SCRIPT.parentNode && SCRIPT.parentNode !== document.head) SCRIPT.after(node);
  else document.body.append(node);
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', putOnPage, { once: true });
else putOnPage();
