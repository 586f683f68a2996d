import type { SubtitleMessages } from './subtitles.en';

export const subtitles: SubtitleMessages = {
  hint: 'Was gesagt wird, als WebVTT- oder SRT-Datei, damit es sich ohne Ton lesen lässt.',
  language: 'Sprache der Datei',
  choose: 'Sprache wählen',
  add: 'Datei hinzufügen',
  replace: 'Ersetzen',
  replace_name: 'Untertitel auf {name} ersetzen',
  remove_name: 'Untertitel auf {name} entfernen',
  count: '{n} Zeilen',
  count_one: '1 Zeile',
  added: 'Untertitel auf {name}: {n} Zeilen.',
  added_one: 'Untertitel auf {name}: 1 Zeile.',
  added_dropped:
    'Untertitel auf {name} sind da. {n} Zeilen beginnen nach dem Ende des Videos und wurden weggelassen.',
  added_dropped_one:
    'Untertitel auf {name} sind da. 1 Zeile beginnt nach dem Ende des Videos und wurde weggelassen.',
  removed: 'Untertitel auf {name} entfernt.',
  not_given: 'Die Untertitel auf {name} wurden nicht gespeichert. {problem}',
  too_many: 'Ein Video hat Untertitel in höchstens 20 Sprachen.',
};
