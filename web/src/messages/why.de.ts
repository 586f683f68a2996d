import type { WhyMessages } from './why.en';

export const why: WhyMessages = {
  why_without:
    'So wie es jetzt ist, stünde es ohne das, was du mit „{caption}“ getan hast ({action}), auf Platz {n} statt {place}.',
  why_without_none:
    'So wie es jetzt ist, wäre es ohne das, was du mit „{caption}“ getan hast ({action}), gar nicht in der Auswahl.',
  why_unlearned:
    'Du wolltest, dass aus dieser Sitzung nicht gelernt wird: Es wurde nach dem gewählt, was vorher bekannt war, und nichts davon kommt in dein Profil.',
  why_unknown: 'Die Entscheidung zu diesem Video wird nicht mehr aufbewahrt.',
  why_not_profiled: 'Dein Feed beruht nicht auf dem, was du ansiehst.',
  why_no_profile_yet:
    'Du hast ohne Profil geschaut: Nichts, was du angesehen oder gemocht hast, wurde benutzt, und von dieser Auswahl blieb kein Eintrag.',
  why_following: 'Es ist das Neueste von Menschen, denen du folgst; von dieser Auswahl blieb kein Eintrag.',
  why_no_feed: 'Kein Feed hat es für dich ausgewählt.',
  why_others:
    'Es wurde ausgewählt, bevor du dich an- oder abgemeldet hast. Warum, weiß nur, wer da geschaut hat.',
  why_numbers: 'Zahlen anzeigen',
  why_head: 'Was du tun könntest',
  why_probability: 'Chance',
  why_weight: 'Gewicht',
  why_contribution: 'Beitrag',
  why_value: 'Wert',
  why_routes: 'Gefunden über',
  why_place: 'Platz in der Antwort',
  why_propensity: 'Chance auf diesen Platz',
  why_position: 'Stand der Maschine',
  why_attended: 'Dein Verlauf, der zählte',
  why_settings: 'Ändern, wie der Feed arbeitet',
};
