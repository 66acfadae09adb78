// The demo site's few lines: its own buttons use the widget, as the page of any organisation may.
(function () {
  'use strict';
  function chat() {
    return document.querySelector('kinderrechten-chat');
  }
  Array.prototype.forEach.call(document.querySelectorAll('a.leave'), function (link) {
    link.addEventListener('click', function (event) {
      event.preventDefault();
      if (chat() && chat().leave) chat().leave();
      else window.location.replace(link.href);
    });
  });
  Array.prototype.forEach.call(document.querySelectorAll('[data-open-chat]'), function (link) {
    link.addEventListener('click', function (event) {
      if (!chat() || !chat().open) return;
      event.preventDefault();
      chat().open();
    });
  });
  // The live example: each choice goes to the chat on the page and into the line to copy.
  var form = document.getElementById('kies');
  if (form) {
    form.hidden = false;
    form.addEventListener('submit', function (event) { event.preventDefault(); });
    form.addEventListener('input', function () {
      var parts = [];
      Array.prototype.forEach.call(form.elements, function (field) {
        if (!field.name) return;
        if (field.value) {
          chat().setAttribute(field.name, field.value);
          parts.push('data-' + field.name + '="' + field.value.replace(/&/g, '&amp;').replace(/"/g, '&quot;') + '"');
        } else {
          chat().removeAttribute(field.name);
        }
      });
      document.getElementById('keuzes').textContent = parts.join(' ');
    });
  }
  var seen = document.getElementById('gebeurtenis');
  if (seen) {
    ['ready', 'open', 'close', 'help', 'answer', 'slow', 'error', 'helpful', 'erase', 'leave'].forEach(function (name) {
      document.addEventListener('krw-' + name, function () { seen.textContent = 'krw-' + name; });
    });
  }
}());
