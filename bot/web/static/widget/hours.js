// Whether somebody on the help card can be reached now: Dutch time, worked out here so that it needs no server.
const DAYS = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'];
const DAY_NAMES = ['zondag', 'maandag', 'dinsdag', 'woensdag', 'donderdag', 'vrijdag', 'zaterdag'];

function dutchTime(date) {
  const parts = {};
  new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Amsterdam', weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false,
  }).formatToParts(date).forEach((part) => { parts[part.type] = part.value; });
  const hour = parts.hour === '24' ? '00' : parts.hour;
  return { day: DAYS.indexOf(parts.weekday.slice(0, 2).toLowerCase()), clock: hour + ':' + parts.minute };
}

// {open: true|false|null, opens: "morgen om 11.00 uur" or ''}; null where it cannot be known.
function openState(hours, date) {
  if (hours === '24/7') return { open: true, opens: '' };
  try {
    if (!hours) return { open: null, opens: '' };
    const now = dutchTime(date);
    for (let ahead = 0; ahead < 8; ahead += 1) {
      const day = (now.day + ahead) % 7;
      const spans = hours.filter((span) => span.days.indexOf(DAYS[day]) >= 0).sort((a, b) => (a.from < b.from ? -1 : 1));
      for (const span of spans) {
        if (!ahead && span.from <= now.clock && now.clock < span.to) return { open: true, opens: '' };
        if (ahead || span.from > now.clock) {
          const word = ['vandaag', 'morgen'][ahead] || DAY_NAMES[day];
          return { open: false, opens: word + ' om ' + span.from.replace(':', '.') + ' uur' };
        }
      }
    }
  } catch (error) {
    // A phone that does not know the Dutch time zone: say nothing rather than something wrong.
  }
  return { open: null, opens: '' };
}
