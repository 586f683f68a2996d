import type { UploadMessages } from './upload.en';

export const upload: UploadMessages = {
  need_upload: 'Registriere dich, um dein Video zu posten. Es bleibt ausgewählt.',
  save_draft: 'Als Entwurf',
  upload_choose: 'Wähle ein Video',
  upload_pick: 'Datei wählen',
  upload_camera: 'Jetzt aufnehmen',
  upload_limits: 'Bis {minutes} Minuten und {size}',
  upload_describe: 'Beschreibe dein Video',
  upload_no_preview: 'Dieser Browser kann die Datei nicht zeigen. Hochladen geht trotzdem.',
  upload_other: 'Anderes wählen',
  upload_guest: 'Du kannst zuerst wählen und beschreiben.',
  upload_empty:
    'Die Datei ist leer. Wähle eine andere, oder kopiere sie noch einmal von dort, wo sie entstanden ist.',
  upload_too_large: 'Die Datei hat {size}. Erlaubt sind höchstens {limit}.',
  upload_too_long: 'Das Video ist länger als {n} Minuten. Kürze es zuerst.',
  upload_other_file: 'Das ist eine andere Datei. Wähle {name} mit {size}.',
  uploads_now: 'Deine Uploads',
  uploads_unfinished_title: 'Noch nicht fertig',
  uploads_unfinished_hint: 'Wähle dieselbe Datei noch einmal, dann geht es an derselben Stelle weiter.',
  uploads_failed_title: 'Konnte nicht verarbeitet werden',
  upload_continue: 'Weiter',
  upload_sent_of: '{sent} von {size}',
};
