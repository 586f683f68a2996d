// Deciding what is held, and the block list, in German.

import type { ModerationMessages } from './moderation.en';

export const moderation: ModerationMessages = {
  only_moderators: 'Diese Seite ist für Moderation und Betrieb dieses Servers.',
  reload: 'Neu laden',
  failed: 'Was zurückgehalten wird, ließ sich nicht abfragen.',
  held: 'Zurückgehalten',
  held_hint:
    'Neue Uploads, die Gesperrtes zeigen oder spielen oder die der Klassifikator für explizit hält, warten hier. Bis du entscheidest, sieht sie nur, wem sie gehören.',
  held_none: 'Nichts wird zurückgehalten',
  held_none_hint:
    'Ein neuer Upload, der auf der Sperrliste steht oder den der Klassifikator für explizit hält, wartet hier auf deine Entscheidung.',
  held_oldest: 'Die {n}, die am längsten warten, von {count}.',
  frames: 'Bilder aus {name}',
  frame: 'Bild {n} von {count} zeigen',
  frames_none: 'Es gibt keine Bilder davon.',
  frame_failed: 'Nicht geladen. Noch einmal',
  by: 'von {name}',
  waits: 'Zurückgehalten {ago}',
  matches: 'Passt zur Sperrliste',
  kind_clip: 'Clip',
  kind_picture: 'Bild',
  kind_sound: 'Ton',
  classifier: 'Klassifikator',
  classifier_looks: '{name} sieht neue Videos an, bevor sie veröffentlicht werden.',
  advice:
    'Ein Wert ist ein Rat: Er irrt manchmal, in beide Richtungen. Wegen ihm wird nichts gelöscht, und es zählt, was du entscheidest.',
  classifier_none: 'Kein Klassifikator sieht neue Videos an: Nur die Sperrliste hält sie zurück.',
  classifier_make:
    'Wer diesen Server betreibt, kann das ändern: ./run macht beim Einrichten einen Klassifikator, und die Einstellung safety.model nennt einen.',
  classifier_problem:
    'Der eingestellte Klassifikator wird nicht verwendet, und nichts sieht neue Videos an. {problem}',
  classifier_unknown: 'Was neue Videos ansieht, ließ sich nicht abfragen.',
  judged: 'Der Klassifikator hielt es für',
  judged_not: 'Er hat es nicht angesehen.',
  could_not_look: 'Er konnte es nicht ansehen.',
  explicit: 'Explizit',
  suggestive: 'Anzüglich',
  most_at: 'Entschieden hat die Szene bei {time}. Ein Wert ist ein Rat.',
  act_of: '{act}: {name}',
  release: 'Freigeben',
  limit: 'Als sensibel freigeben',
  refuse: 'Endgültig löschen',
  refuse_sure:
    '{name} von {author} wird endgültig gelöscht, und {author} erfährt, dass es nicht veröffentlicht wurde. Das lässt sich nicht rückgängig machen.',
  refuse_not: 'Weiter zurückhalten',
  release_done: 'Freigegeben. Wem es gehört, erfährt davon.',
  limit_done: 'Freigegeben für alle, die sensible Videos wünschen. Wem es gehört, erfährt davon.',
  refuse_done: 'Gelöscht. Wem es gehört, erfährt, dass es nicht veröffentlicht wurde.',
  decided_meanwhile:
    'Es wird nicht mehr zurückgehalten: Darüber wurde inzwischen entschieden, oder die Person hat es selbst gelöscht.',
  decide_failed: 'Nicht geschehen, es wird noch zurückgehalten. {problem}',
  blocked: 'Sperrliste',
  blocked_hint:
    'Neue Uploads, die etwas davon zeigen oder spielen, werden zurückgehalten. Was schon hier ist, bleibt. Um etwas hinzuzufügen, öffne einen Clip und wähle „Diesen Clip sperren“ in seinem Menü.',
  blocked_none: 'Nichts ist gesperrt',
  blocked_none_hint:
    'Öffne einen Clip und wähle „Diesen Clip sperren“ in seinem Menü, oder füge die Liste eines anderen Servers hinzu.',
  since: 'Seit {date}',
  take_off: 'Entfernen',
  taken_off: 'Entfernt. Was zurückgehalten wird, bleibt es.',
  download: 'Als CSV herunterladen',
  add: 'CSV-Datei hinzufügen',
  adding: 'Die Datei wird hinzugefügt',
  added: '{n} Einträge hinzugefügt.',
  added_one: '1 Eintrag hinzugefügt.',
  added_none: 'Alles davon stand schon auf der Liste.',
  block_clip_hint:
    'Neue Uploads, die diesen Clip zeigen, werden zurückgehalten, bis jemand sie angesehen hat: auch geschnitten, gespiegelt oder neu kodiert. Dieser Clip bleibt, wo er ist.',
  block_sound_hint:
    'Neue Uploads, die diesen Ton spielen, werden zurückgehalten, bis jemand sie angesehen hat, was sie auch zeigen. Dieser Clip bleibt, wo er ist.',
  block_reason: 'Warum gesperrt wird',
  block_reason_hint: 'Höchstens 200 Zeichen. Die Moderation liest es neben dem, was zurückgehalten wird.',
  block_reason_missing: 'Sag, warum gesperrt wird.',
  block_it: 'Sperren',
  block_done: 'Gesperrt. Neue Uploads dieser Art werden zurückgehalten.',
  block_undone: 'Es ist nicht mehr gesperrt.',
  safety: 'Wer es sehen darf',
  safety_all: 'Es ist für alle.',
  safety_limited: 'Es ist eingeschränkt: nur in den Feeds derer, die sensible Videos wünschen.',
  safety_limit_hint:
    'Eingeschränkt ist es nur in den Feeds derer, die sensible Videos wünschen. Auf seiner Seite, unter seinem Link und in der Suche bleibt es, verdeckt, bis es jemand sehen will. Wem es gehört, erfährt davon.',
  safety_open_hint:
    'Es kommt wieder in alle Feeds und wird nicht mehr verdeckt. Wem es gehört, erfährt davon.',
  safety_limit: 'Einschränken',
  safety_open: 'Wieder für alle',
  safety_limit_done: 'Eingeschränkt. Wem es gehört, erfährt davon.',
  safety_open_done: 'Es ist wieder für alle. Wem es gehört, erfährt davon.',
  safety_failed: 'Was darüber bekannt ist, ließ sich nicht abfragen.',
};
