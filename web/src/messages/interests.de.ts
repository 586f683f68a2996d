import type { InterestsMessages } from './interests.en';

export const interests: InterestsMessages = {
  interests_intro:
    'Danach geht dein Feed. Was du entfernst, zählt ab der nächsten Antwort nicht mehr, und seine Videos können wiederkommen. Deine Likes, Kommentare und wem du folgst bleiben. Eine Woche lang kannst du es rückgängig machen.',
  interests_empty: 'Noch nichts. Sieh dir ein paar Videos an und komm wieder.',
  interests_liked: 'Du magst',
  interests_skipped: 'Du überspringst',
  interests_words: 'Wörter aus Bildunterschriften ({n})',
  interests_watched: 'Zuletzt gesehen',
  interests_models:
    'Was die Modelle von vielen gemeinsam gelernt haben, lässt sich nicht wieder auseinandernehmen.',
  interest_sound: 'Der Ton von „{caption}“',
  interest_weight: 'Gewicht {n}, von -2 bis 2',
  forget_it: 'Vergessen',
  forget_name: '{name} vergessen',
  forget_everything: 'Alles vergessen',
  forget_everything_sure:
    'Dein Feed beginnt neu wie für jemanden, der eben gekommen ist. Eine Woche lang kannst du es rückgängig machen. Deine Likes, Kommentare, wem du folgst und was du dir wünschst bleiben.',
  forget_session: 'Diese Sitzung vergessen',
  forget_session_hint: 'Was du hier seit {time} getan hast',
  interest_gone: '{name}: vergessen.',
  withdrawn: 'Zurückgenommen',
  withdrawn_everything: 'Alles',
  withdrawn_since: 'Diese Sitzung',
  learn_not: 'Aus dieser Sitzung nicht lernen',
  learn_not_hint:
    'Bis du diesen Tab schließt. Dein Feed bleibt deiner, und was du hier siehst oder likest, ändert ihn nicht. „Nicht interessiert“ und wem du folgst zählen weiter.',
  show_all: 'Alle zeigen',
};
