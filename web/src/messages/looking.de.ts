import type { LookingMessages } from './looking.en';

export const looking: LookingMessages = {
  none: 'Hier ist kein Bild',
  none_hint:
    'Mach oder wähle ein Bild von etwas und sieh die Videos, die Ähnliches zeigen. Ein Bild bleibt hier nur, solange die App offen ist.',
  choose: 'Bild machen oder wählen',
  other: 'Anderes Bild',
  drop: 'Leg das Bild hier ab',
  reading: 'Das Bild wird gelesen',
  unreadable: 'Dieses Bild lässt sich hier nicht lesen',
  unreadable_hint:
    'Dein Browser kennt diese Art von Datei nicht; HEIC ist eine davon. Speichere das Bild als JPEG oder PNG oder mach ein Bildschirmfoto davon und wähle das.',
  picture: 'Das Bild, mit dem du suchst',
  section: 'Teil des Bildes, nach dem gesucht wird',
  section_role: 'Ausschnitt',
  section_is: '{width} breit, {height} hoch, {left} von links, {top} von oben',
  section_hint: 'Pfeiltasten verschieben ihn. Mit der Umschalttaste machen sie ihn größer oder kleiner.',
  whole: 'Ganzes Bild',
  results: 'Videos, die ähnlich aussehen',
  found: '{n} Videos sehen ähnlich aus',
  found_one: '1 Video sieht ähnlich aus',
  nothing: 'Hier ist nichts Ähnliches',
  nothing_part: 'Schieb den Ausschnitt auf einen anderen Teil des Bildes oder suche mit dem ganzen.',
  nothing_whole: 'Zieh einen Ausschnitt um das, was du suchst, oder versuche ein anderes Bild.',
  widened:
    'Nichts sieht dem Teil ähnlich, der am meisten auffällt. Diese hier sehen dem ganzen Bild ähnlich.',
  nothing_both:
    'Weder der Teil, der am meisten auffällt, noch das ganze Bild findet etwas. Zieh einen Ausschnitt um das, was du suchst, oder versuche ein anderes Bild.',
  waiting: '{n} Videos werden noch angesehen; danach sind auch sie zu finden.',
  waiting_one: '1 Video wird noch angesehen; danach ist auch das zu finden.',
};
