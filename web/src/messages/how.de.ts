import type { HowMessages } from './how.en';

export const how: HowMessages = {
  intro:
    'Kein Mensch sucht aus, was du hier siehst, und niemand kann dafür bezahlen, gezeigt zu werden. Ein Programm wählt jeden Clip nach den Regeln unten. Diese Seite entsteht aus den Regeln, die jetzt gerade gelten.',
  steps: 'Wie ein Clip zu dir kommt',
  step_gather: 'Es sammelt bis zu {n} Clips, die du sehen darfst und noch nicht gesehen hast.',
  step_guess:
    'Für jeden davon schätzt es aus dem, was du und andere bisher getan haben, wie wahrscheinlich du ihn ansiehst, magst, teilst oder weiterwischst.',
  step_add: 'Es nimmt jede Schätzung mal dem, was diese Reaktion zählt, und rechnet alles zusammen.',
  step_wishes:
    'Wovon du dir auf der Seite „Deine Interessen“ mehr oder weniger wünschst, kommt zur Summe eines Clips dazu oder geht davon ab.',
  step_order: 'Die Clips mit den höchsten Summen kommen zuerst, mit den Ausnahmen unten.',
  worth: 'Was eine Reaktion zählt',
  worth_hint:
    'Über null kommt ein Clip, der diese Reaktion wahrscheinlich bekommt, früher. Unter null kommt er später. Wer diesen Server betreibt, kann diese Zahlen ändern; hier steht, wie sie jetzt sind.',
  found: 'Woher die Clips kommen',
  numbers: 'Zahlen zeigen',
  way: 'Weg',
  at_most: 'Von den gesammelten Clips höchstens',
  purpose_followed_people: 'Neue Clips von Leuten, denen du folgst.',
  purpose_first_audience: 'Neue Clips, die ihr erstes Publikum noch nicht hatten.',
  purpose_liked_content:
    'Clips mit Hashtags, Wörtern, Tönen oder von Leuten, die dir schon gefallen haben oder die du angesehen hast.',
  purpose_watched_now: 'Clips, die gerade viele ansehen.',
  purpose_chance: 'Ein paar Clips, aus allen ausgelost.',
  purpose_like_taste: 'Clips, die Leuten gefielen, denen dieselben Clips gefielen wie dir.',
  purpose_friends: 'Clips, die Leuten gefielen, denen du folgst und die dir folgen.',
  purpose_many: 'Clips, die vielen gefielen, in letzter Zeit und überhaupt.',
  purpose_seen_before:
    'Wenn du alles gesehen hast: Clips von vor einer Weile, zuerst die, die dir gefallen haben.',
  exceptions: 'Ausnahmen von der Reihenfolge',
  chance:
    '{share} der Plätze werden unter den gesammelten Clips ausgelost, damit der Feed herausfinden kann, was er von dir noch nicht weiß.',
  audience:
    'Jedem neuen Clip sind {n} Zuschauer innerhalb von {days} Tagen versprochen, egal von wem er ist. Dafür sind {share} der Plätze da.',
  apart_author: 'Zwei Clips derselben Person folgen nicht aufeinander, solange es etwas anderes gibt.',
  apart_sound: 'Auch nicht zwei Clips mit demselben Ton.',
  alike: 'Ein Clip, der einem der {n} davor sehr ähnlich ist, kommt später.',
  alike_most:
    'Von {n} Clips in Folge sind höchstens {most} einander sehr ähnlich, für Menschen unter 18 höchstens {minors}, solange es etwas anderes gibt.',
  fading: 'Was mit der Zeit verblasst',
  fading_interests: 'Was dir gefiel und was du angesehen hast, zählt nach {days} Tagen halb.',
  fading_counts: 'Was andere mit einem Clip getan haben, zählt nach {days} Tagen halb.',
  fading_popularity: 'Bei dem, was gerade beliebt ist, sind es {hours} Stunden.',
  never: 'Was nie verwendet wird',
  never_hint: 'Das Programm, das auswählt, hat all das gar nicht.',
  never_address: 'Deine Netzwerkadresse.',
  never_device: 'Welches Gerät oder welchen Browser du benutzt.',
  never_place: 'Wo du bist.',
  never_contact:
    'Deine E-Mail-Adresse, deine Kontakte und dein Geburtsdatum, außer für eine Altersgrenze bei manchen Clips und dafür, wie viele in Folge einander ähnlich sein dürfen.',
  never_other_sites: 'Was du auf anderen Seiten und in anderen Apps tust.',
  never_profile_text: 'Dein Name, dein Bild und was du über dich schreibst.',
  never_payment: 'Geld: Bezahlen ändert keinen Platz im Feed.',
  kept: 'Wie lange es bleibt',
  kept_guest:
    'Ohne Konto ist {hours} Stunden nach deinem ersten Besuch vergessen, was du getan hast, und {days} Tage später auch aus dem Protokoll verschwunden.',
  kept_decisions: 'Warum dir ein Clip gezeigt wurde, kannst du {days} Tage lang fragen.',
  kept_log: 'Was Leute getan haben, bleibt {days} Tage im Protokoll.',
  kept_erasure:
    'Wenn du dein Konto löschst, vergisst dich der Feed sofort und das Protokoll innerhalb von {hours} Stunden.',
  choices: 'Was du tun kannst',
  choice_why: 'Halte einen Clip gedrückt und wähle „Warum dieses Video“: Da steht, warum gerade er da ist.',
  choice_not: '„Kein Interesse“ zählt ab dem nächsten Clip und lässt sich zurücknehmen.',
  choice_off:
    'Ein Feed, der nicht auf dem beruht, was du tust, ist in den Einstellungen einen Tipp entfernt.',
  to_settings: 'Zu den Einstellungen',
  failed: 'Die Regeln konnten nicht geholt werden.',
};
