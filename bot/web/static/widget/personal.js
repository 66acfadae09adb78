// Does what is being typed tell who somebody is? Looked at here, in the browser, and nowhere else.
// It warns, it never blocks: a wrong guess costs one sentence. Gives 'bsn', 'phone', 'email', 'address', 'name' or ''.
const STREET = /(^|[^\wÀ-ÿ])([a-zà-ÿ'.-]{3,}(straat|laan|weg|plein|kade|gracht|dijk|singel|steeg|dreef|plantsoen|hof|pad))\s+(nr\.?\s*|nummer\s+)?\d{1,4}\s?[a-z]?(?![\wÀ-ÿ])/i;
const NO_STREET = /^(onderweg|halverweg|snelweg|schoolplein|leeftijd|tijdpad|rechtshof|gerechtshof)$/i;
const POSTCODE = /(^|[^\d])([1-9]\d{3})\s?([a-z]{2})(?![\wÀ-ÿ])/gi;
// Words of two letters that follow a year or an amount: "2015 in" is no postcode.
const TWO_LETTERS = ' aan al als ben bij da de dr du ed ee el en er eu ga ge he ho ik in is ja je jo kg km ma me mm na nu of om op pa pm sa sd so ss te tv uu uw we wo ze zo ';
const SAYS_NAME = /(?:^|[^\wÀ-ÿ])(?:ik heet|mijn naam is|m['’]?n naam is|mn naam is|ik ben genaamd|noem mij|(?:hij|zij|ze) heet|(?:vader|moeder|pa|ma|papa|mama|broer|broertje|zus|zusje|juf|meester|vriend|vriendin|oom|tante|opa|oma|buurman|dochter|zoon) heet)\s+([A-Za-zÀ-ÿ'’-]{2,})/i;
const NO_NAME = ' niet geen anders zo het dat de een gewoon ook echt nog niks graag maar soms me mij hem haar dan er nu ';
const TWO_CAPITALS = /(?:^|[^\wÀ-ÿ])([A-ZÀ-Þ][a-zà-ÿ'’-]+)((?:\s+(?:van|de|der|den|het|ten|ter|el|al|bin|ben|ibn|da|dos|la|le|von|in|'t|op))*)\s+([A-ZÀ-Þ][a-zà-ÿ'’-]+)/g;
// What begins a sentence, or two capitals that are no person.
const NO_FIRST_NAME = ' Aan Als Altijd Ben Beste Bij Dag Daar Dan Dat De Den Deze Die Dit Doe Door Een Elke En Er Gaat Geef Geen Ga Goed Goede Hallo Hé Heb Hebben Heeft Heel Help Het Hier Hij Hoe Hoi Hoeveel Iedereen Iemand Ik In Is Ja Je Jeugdbescherming Jij Juf Kan Kinderen Klopt Komt Krijg Kun Maar Mag Mama Man Meester Meneer Met Mevrouw Mijn Moet Moeten Mogen Na Naar Nee Niemand Niet Nieuwe Nou Nu Of Oke Om Omdat Onze Ook Op Opa Oma Oom Ouders Over Papa Raad Rode San Sinds Soms Sint Staat Stel Tante Toen Tot Uit Van Vader Moeder Veilig Veel Verenigde Volgens Voor Vraag Waar Waarom Wanneer Want Wat We Weet Welke Wie Wij Wil Wilt Word Wordt Zal Ze Zij Zijn Zo Zou Zonder Zuid Noord Oost West Midden Leger Save Unicef ';
const NO_SURNAME = ' Thuis Haag Nederland Kinderen Kinderrechten Kindertelefoon Kinderbescherming Kruis Naties Staten Bosch Jeugdzorg Jeugdwet Unie Loket Kerst Pasen Ramadan Suikerfeest Zorg ';

function elevenProof(digits) {
  if (!/^\d{8,9}$/.test(digits) || /^0+$/.test(digits)) return false;
  const nine = ('0' + digits).slice(-9);
  let sum = -Number(nine[8]);
  for (let i = 0; i < 8; i += 1) sum += Number(nine[i]) * (9 - i);
  return sum % 11 === 0;
}

function findPersonal(text) {
  if (/[^\s@,;:]+@[^\s@,;:]+\.[a-z]{2,}/i.test(text)) return 'email';
  // Runs of digits with the signs that people put between them.
  for (const run of text.match(/\+?\d[\d\s().\-\/]{6,}\d/g) || []) {
    const digits = run.replace(/[^\d]/g, '');
    if (/^(0800|0900|0906|0909)/.test(digits)) continue;
    // A Dutch telephone number has ten digits, a BSN eight or nine.
    if (run[0] === '+' ? digits.length >= 9 : /^0[1-9]\d{8}$/.test(digits) || /^00\d{9,13}$/.test(digits)) return 'phone';
    if (elevenProof(digits) && (digits[0] !== '0' || digits.length === 9)) return 'bsn';
  }
  const street = STREET.exec(text);
  if (street && !NO_STREET.test(street[2])) return 'address';
  POSTCODE.lastIndex = 0;
  for (let found = POSTCODE.exec(text); found; found = POSTCODE.exec(text)) {
    if (TWO_LETTERS.indexOf(' ' + found[3] + ' ') < 0 && !/^(SA|SD|SS)$/.test(found[3])) return 'address';
  }
  const said = SAYS_NAME.exec(text);
  if (said && NO_NAME.indexOf(' ' + said[1].toLowerCase() + ' ') < 0) return 'name';
  TWO_CAPITALS.lastIndex = 0;
  for (let found = TWO_CAPITALS.exec(text); found; found = TWO_CAPITALS.exec(text)) {
    if (NO_FIRST_NAME.indexOf(' ' + found[1] + ' ') < 0 && NO_SURNAME.indexOf(' ' + found[3] + ' ') < 0) return 'name';
    // The second word may begin a name: "Mag Jan Jansen dat?"
    TWO_CAPITALS.lastIndex = found.index + found[0].length - found[3].length - 1;
  }
  return '';
}
