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
  var seen = document.getElementById('gebeurtenis');
  if (seen) {
    ['ready', 'open', 'close', 'help', 'answer', 'slow', 'error', 'helpful', 'erase', 'leave'].forEach(function (name) {
      document.addEventListener('krw-' + name, function () { seen.textContent = 'krw-' + name; });
    });
  }
}());
