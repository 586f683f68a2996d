import type { Problems } from '../lib/problems';

/** The server's sentences that a person can meet; problems.test.ts compares them with its source. */
export const de: Problems = {
  'What is stored of this is damaged and cannot be shown; whoever runs this server has to mend it.':
    'Was davon gespeichert ist, ist beschädigt und lässt sich nicht zeigen; wer diesen Server betreibt, muss das beheben.',
  'the server has no memory left for this; try again in a moment':
    'dem Server fehlt dafür der Speicher; versuche es gleich noch einmal',
  'Something went wrong on our side; please try again.':
    'Bei uns ist etwas schiefgegangen; versuche es noch einmal.',
  'Too many requests came from your address; try again in a few seconds.':
    'Von deiner Adresse kamen zu viele Anfragen; versuche es in ein paar Sekunden noch einmal.',
  'Too many passwords came from your address; try again in 1 minute.':
    'Von deiner Adresse kamen zu viele Passwörter; versuche es in 1 Minute noch einmal.',
  'Too many accounts were made from your address; try again in 1 hour.':
    'Von deiner Adresse wurden zu viele Konten angelegt; versuche es in 1 Stunde noch einmal.',
  'This server does not go by the name in the Host field; its operator sets the names in api.public_url or api.hosts.':
    'Dieser Server heißt nicht so wie in der Adresse; wer ihn betreibt, trägt die Namen in api.public_url oder api.hosts ein.',
  '{}: the server has too many files open; try again in a moment':
    'der Server ist ausgelastet; versuche es gleich noch einmal',
  'The request did not arrive in time.': 'Die Anfrage kam nicht rechtzeitig an.',
  'There is nothing at this address.': 'Unter dieser Adresse gibt es nichts.',
  'There is nothing with this id.': 'Unter dieser Kennung gibt es nichts.',
  'the server is busy ({} queue full); try again in a moment':
    'der Server ist ausgelastet; versuche es gleich noch einmal',
  'the server is shutting down': 'der Server wird gerade beendet',
  "the server's disk is full; free some space on it, or try again later":
    'der Speicher des Servers ist voll; versuche es später noch einmal',
  "{}: the server's disk is full; free some space on it, or try again later":
    'der Speicher des Servers ist voll; versuche es später noch einmal',
  "the server's disk can only be read; nothing can be stored until that is mended":
    'der Server kann gerade nichts speichern; versuche es später noch einmal',
  "{}: the server's disk failed; look at it, or try again later":
    'der Server kann gerade nichts speichern; versuche es später noch einmal',
  'the disk under the database failed ({}, {})':
    'der Server kann gerade nichts speichern; versuche es später noch einmal',
  "{}: the server's disk can only be read; nothing can be stored until that is mended":
    'der Server kann gerade nichts speichern; versuche es später noch einmal',
  'too many changes wait to be stored (the most is {}); try again in a moment':
    'der Server ist ausgelastet; versuche es gleich noch einmal',
  'the change could not be stored; try again':
    'die Änderung wurde nicht gespeichert; versuche es noch einmal',
  'the database was busy with other reads for {} ms; try again':
    'der Server ist ausgelastet; versuche es noch einmal',
  'the database took too long': 'der Server hat zu lange gebraucht',

  'You are signed out; sign in again.': 'Du bist abgemeldet; melde dich wieder an.',
  'Sign in or sign up to do this.': 'Melde dich dafür an oder registriere dich.',
  'Sign in, or ask for a guest token first (POST /api/v1/tokens/guest).':
    'Melde dich an oder lade die Seite neu.',
  'The X-Filoscope-CSRF field is missing or does not belong to this session; reload the page.':
    'Diese Seite gehört nicht zu deiner Sitzung; lade sie neu.',
  'sign in or make an account first': 'melde dich zuerst an oder registriere dich',
  'sign in, or take a guest token first': 'melde dich an oder lade die Seite neu',
  'sign in to upload a video': 'melde dich an, um ein Video hochzuladen',
  'your session has ended; sign in again': 'deine Sitzung ist zu Ende; melde dich wieder an',
  'there is no such session of yours; it may have ended':
    'diese Sitzung hast du nicht; vielleicht ist sie schon zu Ende',
  'too many visitors at the moment; sign in, or try again later':
    'gerade sind zu viele Gäste da; melde dich an oder versuche es später noch einmal',
  'the handle or the password is not right; check both':
    'das Handle oder das Passwort stimmt nicht; prüfe beides',
  'the handle or the code is not right; check both':
    'das Handle oder der Code stimmt nicht; prüfe beides',
  'the password is not right; nothing was changed':
    'das Passwort stimmt nicht; es wurde nichts geändert',
  'many people are signing in right now; try again in a moment':
    'gerade melden sich viele an; versuche es gleich noch einmal',
  'too many wrong tries for this account; try again in {} minutes, or from a device you have used':
    'zu viele falsche Versuche für dieses Konto; versuche es in {0} Minuten noch einmal oder auf einem Gerät, das du schon benutzt hast',
  'this server takes no more accounts; its operator can raise accounts.accounts_max':
    'dieser Server nimmt keine Konten mehr auf; sein Betreiber kann accounts.accounts_max erhöhen',
  'this account is being deleted': 'dieses Konto wird gerade gelöscht',
  'There is no such account.': 'Dieses Konto gibt es nicht.',
  'there is no such account': 'dieses Konto gibt es nicht',
  'there is no such account that can sign in': 'dieses Konto gibt es nicht',
  'what you report does not exist': 'was du meldest, gibt es nicht',

  'this one is taken; choose another':
    'dieses Handle ist schon vergeben; wähle ein anderes',
  'this one is reserved; choose another': 'dieses Handle ist reserviert; wähle ein anderes',
  'use only the letters a to z, digits, dots and underscores; a display name may have any script':
    'nimm nur Buchstaben von a bis z, Ziffern, Punkte und Unterstriche; ein Anzeigename darf jede Schrift haben',
  'a dot stands alone between other characters':
    'ein Punkt steht immer einzeln zwischen anderen Zeichen',
  'use at least one letter or digit': 'nimm mindestens einen Buchstaben oder eine Ziffer',
  'use {} to {} characters': 'nimm {0} bis {1} Zeichen',
  'use at most {} characters': 'nimm höchstens {0} Zeichen',
  'longer than {} characters': 'das ist länger als {0} Zeichen',
  'nothing of this can be seen; use at least one letter, digit or sign':
    'davon ist nichts zu sehen; nimm mindestens einen Buchstaben, eine Ziffer oder ein Zeichen',
  '{} characters; the most is {}': '{0} Zeichen; erlaubt sind höchstens {1}',
  'choose one that is not your handle': 'wähle eines, das nicht dein Handle ist',
  'give a day that exists, as YYYY-MM-DD': 'gib einen Tag an, den es gibt, als JJJJ-MM-TT',
  'this day is in the future': 'dieser Tag liegt in der Zukunft',
  'this day is too long ago': 'dieser Tag liegt zu weit zurück',
  'you have to be at least {} years old': 'du musst mindestens {0} Jahre alt sein',

  'this is yourself; choose another account': 'das bist du selbst; wähle ein anderes Konto',
  'this is yourself; name another person': 'das bist du selbst; nenne jemand anderen',
  'you cannot follow this account': 'diesem Konto kannst du nicht folgen',
  'you follow {} people, which is the most; unfollow someone first':
    'du folgst {0} Leuten, mehr geht nicht; entfolge zuerst jemandem',
  'you mute {} things, which is the most; end one first':
    'du hast {0} Einträge stummgeschaltet, mehr geht nicht; hebe zuerst einen davon auf',
  'give a single one, such as #ceramics': 'gib einen einzelnen Hashtag ein, etwa #keramik',
  'give a single word': 'gib ein einzelnes Wort ein',
  'this is too long to search for': 'das ist zu lang für eine Suche',
  'must be at most 100 characters': 'eine Suche hat höchstens 100 Zeichen',

  'There is no such video, or you may not see it.':
    'Dieses Video gibt es nicht, oder du darfst es nicht sehen.',
  'there is no such video': 'dieses Video gibt es nicht',
  "this video can't be brought back: it was not deleted, or too long ago":
    'dieses Video lässt sich nicht zurückholen: Es wurde nicht gelöscht, oder es ist zu lange her',
  'only the person who uploaded this video may change it':
    'nur wer dieses Video hochgeladen hat, kann es ändern',
  'only the person who uploaded this video may delete it':
    'nur wer dieses Video hochgeladen hat, kann es löschen',
  'there is no such comment': 'diesen Kommentar gibt es nicht',
  'write something': 'schreib etwas',
  'you wrote {} comments in a minute, which is the most; wait a little':
    'du hast in einer Minute {0} Kommentare geschrieben, mehr geht nicht; warte ein wenig',
  "only its author and the video's author can delete a comment":
    'einen Kommentar können nur löschen, wer ihn geschrieben und wer das Video gepostet hat',
  'you sent {} reports in 24 hours, which is the most; try tomorrow':
    'du hast in 24 Stunden {0} Meldungen gesendet, mehr geht nicht; versuche es morgen',
  'the impression token is not one that this server gave out; take the one that came with the video':
    'dieses Video kam nicht aus einem Feed dieses Servers; lade den Feed neu',
  'the impression token was given to another person':
    'dieses Video kam aus dem Feed eines anderen Kontos; lade den Feed neu',
  'the impression token is from the future; reload the feed':
    'dein Feed trägt eine Zeit in der Zukunft; lade ihn neu',
  'the impression token is older than {} hours; reload the feed':
    'dein Feed ist älter als {0} Stunden; lade ihn neu',
  'there is no decision record {}; they are kept for {} days, and none is made without profiling':
    'zu diesem Video ist keine Entscheidung aufbewahrt; nach {1} Tagen wird sie gelöscht, und ohne Profil gibt es keine',
  'there is no such decision record of yours':
    'zu diesem Video ist keine Entscheidung für dich aufbewahrt',

  'Your video is published': 'Dein Video ist veröffentlicht',
  'Your draft is ready': 'Dein Entwurf ist fertig',
  'the file has {}; the largest allowed is {}':
    'die Datei hat {0}; erlaubt sind höchstens {1}',
  "the server's disk is too full for a file of this size; try again later":
    'der Speicher des Servers ist zu voll für eine so große Datei; versuche es später noch einmal',
  'you have uploaded {} videos in the last 24 hours; the most allowed is {}, try again tomorrow':
    'du hast in den letzten 24 Stunden {0} Videos hochgeladen; erlaubt sind höchstens {1}, versuche es morgen noch einmal',
  'you have {} unfinished uploads, which is the most allowed; finish or cancel one of them first':
    'du hast {0} unfertige Uploads, mehr geht nicht; beende zuerst einen davon oder brich ihn ab',
  '{} videos wait for processing already; try again in a few minutes':
    'es warten schon {0} Videos auf ihre Verarbeitung; versuche es in ein paar Minuten noch einmal',
  '{} videos wait for processing already, and you have your share of them; try again in 10 seconds':
    'es warten schon {0} Videos auf ihre Verarbeitung, und du hast deinen Anteil daran; versuche es in 10 Sekunden noch einmal',
  'you have asked for more feed answers in an hour than the {} that are allowed; try again in a minute':
    'du hast mehr Feed-Antworten in einer Stunde verlangt, als die {0} erlaubten; versuche es in einer Minute noch einmal',
  'you have sent more events in an hour than the {} that are allowed; try again in a minute':
    'du hast mehr Ereignisse in einer Stunde geschickt, als die {0} erlaubten; versuche es in einer Minute noch einmal',
  'there is no such upload; it may have run out, begin it again':
    'diesen Upload gibt es nicht; vielleicht ist er abgelaufen, beginne ihn neu',
  'the upload was cancelled': 'der Upload wurde abgebrochen',
  'another part of this upload is being written':
    'ein anderer Teil dieses Uploads wird gerade gespeichert',
  'a part of this upload is being written; try again':
    'ein Teil dieses Uploads wird gerade gespeichert; versuche es noch einmal',
  'a part of an upload may have at most {} bytes':
    'ein Teil eines Uploads darf höchstens {0} Bytes haben',
  'the upload stands at byte {}, not at {}': 'der Upload steht bei Byte {0}, nicht bei {1}',
  'the part goes past the end of the file, which has {} bytes':
    'der Teil reicht über das Ende der Datei hinaus, die {0} Bytes hat',
  'this upload is a published video now; delete the video':
    'aus diesem Upload ist ein veröffentlichtes Video geworden; lösche das Video',

  'processing this video was cut off {} times; upload it again':
    'die Verarbeitung dieses Videos wurde {0} Mal unterbrochen; lade es noch einmal hoch',
  'processing this video took too long, {} times over; try a shorter or smaller one':
    'die Verarbeitung dieses Videos hat {0} Mal zu lange gedauert; versuche es mit einem kürzeren oder kleineren',
  'processing the video takes more processor time than is allowed':
    'die Verarbeitung des Videos braucht mehr Rechenzeit als erlaubt',
  'processing this video needs more memory than is allowed; save it smaller and upload that':
    'die Verarbeitung dieses Videos braucht mehr Speicher als erlaubt; speichere es kleiner und lade das hoch',
  'this video could not be stored, {} times over; upload it again later':
    'dieses Video konnte {0} Mal nicht abgelegt werden; lade es später noch einmal hoch',
  'this video could not be processed: reading it broke off {} times; save it again in another format and upload that':
    'dieses Video konnte nicht verarbeitet werden, das Lesen brach {0} Mal ab; speichere es in einem anderen Format und lade das hoch',
  'the file is empty': 'die Datei ist leer',
  'the file is not a video: its format is not recognised':
    'die Datei ist kein Video, ihr Format ist unbekannt',
  'the file is a still picture': 'die Datei ist ein einzelnes Bild',
  'the file holds sound but no picture': 'die Datei enthält Ton, aber kein Bild',
  'the file holds no picture': 'die Datei enthält kein Bild',
  'this kind of file ({}) is not accepted; MP4, MOV, WebM, MKV, AVI, FLV, MPEG and Ogg videos are, and moving GIF, PNG and WebP':
    'diese Art von Datei ({0}) wird nicht angenommen; Videos in MP4, MOV, WebM, MKV, AVI, FLV, MPEG und Ogg schon, auch bewegte GIF, PNG und WebP',
  'the file has {} tracks; the most allowed is {}': 'die Datei hat {0} Spuren; erlaubt sind höchstens {1}',
  'the file is cut off: its end is missing': 'die Datei ist abgeschnitten, ihr Ende fehlt',
  'the file has no index (its `moov` is missing): it is cut off or was never finished':
    'der Datei fehlt ihr Verzeichnis („moov“), sie ist abgeschnitten oder wurde nie fertig',
  'the file is damaged: its header cannot be read':
    'die Datei ist beschädigt, ihr Anfang ist nicht lesbar',
  'the file is damaged: its streams cannot be read':
    'die Datei ist beschädigt, ihre Spuren sind nicht lesbar',
  'the file is damaged: no frame of its picture can be decoded':
    'die Datei ist beschädigt, keines ihrer Bilder ist lesbar',
  'the file is damaged: the description of its picture cannot be read':
    'die Datei ist beschädigt, die Angaben zu ihrem Bild sind nicht lesbar',
  'the file is damaged: {} of its {} frames cannot be decoded':
    'die Datei ist beschädigt, {0} ihrer {1} Bilder sind nicht lesbar',
  'the file is damaged: the clock of {} of its {} frames goes back':
    'die Datei ist beschädigt, die Uhr von {0} ihrer {1} Bilder läuft zurück',
  'the file is several videos, one behind the other': 'die Datei enthält mehrere Videos hintereinander',
  'the file is cut off after {} of {}': 'die Datei ist nach {0} von {1} abgeschnitten',
  'the file claims a wrong length and cannot be read twice':
    'die Datei gibt eine falsche Länge an und lässt sich nicht zweimal lesen',
  'the video is encrypted (copy protected) and cannot be played':
    'das Video ist verschlüsselt (kopiergeschützt) und lässt sich nicht abspielen',
  'the video is {} long; the longest allowed is {}':
    'das Video dauert {0}; erlaubt sind höchstens {1}',
  'the video is longer than the longest allowed, {}':
    'das Video ist länger als erlaubt, höchstens {0}',
  'the video has {} frames a second; the most allowed is {}':
    'das Video hat {0} Bilder pro Sekunde; erlaubt sind höchstens {1}',
  'the picture has {} × {} pixels; the largest allowed is {} × {} (4K)':
    'das Bild hat {0} × {1} Pixel; erlaubt sind höchstens {2} × {3} (4K)',
  'the picture is stored as {}, which is not read here':
    'das Bild ist als {0} gespeichert, was hier nicht lesbar ist',
  'the picture is Dolby Vision profile 5, whose colours cannot be read':
    'das Bild ist Dolby Vision mit Profil 5, dessen Farben hier nicht lesbar sind',
  'the sound goes on longer than the longest allowed, {}':
    'der Ton dauert länger als das längste Erlaubte, {0}',
  'the sound is encrypted (copy protected) and cannot be played':
    'der Ton ist verschlüsselt (kopiergeschützt) und lässt sich nicht abspielen',
  'the sound is stored in a way that is not known here':
    'der Ton ist auf eine Art gespeichert, die hier unbekannt ist',
  'the sound is stored as {}, which is not read here':
    'der Ton ist als {0} gespeichert, was hier nicht lesbar ist',
  'the sound is damaged: its description cannot be read':
    'der Ton ist beschädigt, die Angaben zu ihm sind nicht lesbar',
  'the sound is damaged: {} of its {} pieces cannot be decoded':
    'der Ton ist beschädigt, {0} seiner {1} Stücke sind nicht lesbar',
  'the picture has no more lines than its renditions': 'das Bild hat nicht mehr Zeilen als seine Fassungen',
  'upload each by itself': 'lade jedes einzeln hoch',
  'choose a video': 'wähle ein Video',
  'choose one without copy protection': 'wähle ein Video ohne Kopierschutz',
  'copy it again from where it was made and upload that':
    'kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  'save it as MP4 with H.264 and AAC and upload that':
    'speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  'save it as HDR10, HLG or standard range and upload that':
    'speichere das Video als HDR10, HLG oder ohne HDR und lade das hoch',
  'save it smaller and upload that': 'speichere das Video kleiner und lade das hoch',
  'save it with fewer and upload that': 'speichere das Video mit weniger und lade das hoch',
  'cut it and upload a part': 'kürze das Video und lade einen Teil hoch',
};
