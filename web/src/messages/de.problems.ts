import type { Problems } from '../lib/problems';

/** By the server's reasons (docs/problems.md). */
export const de: Problems = {
  // base
  internal_error: 'Bei uns ist etwas schiefgegangen; versuche es noch einmal.',
  stored_data_damaged:
    'Was davon gespeichert ist, ist beschädigt und lässt sich nicht zeigen; wer diesen Server betreibt, muss das beheben.',
  no_memory: 'dem Server fehlt dafür der Speicher; versuche es gleich noch einmal',
  disk_full: 'der Speicher des Servers ist voll; versuche es später noch einmal',
  disk_read_only: 'der Server kann gerade nichts speichern; versuche es später noch einmal',
  disk_failed: 'der Server kann gerade nichts speichern; versuche es später noch einmal',
  too_many_open_files: 'der Server ist ausgelastet; versuche es gleich noch einmal',
  file_missing: 'dem Server fehlt dazu eine Datei',
  queue_full: 'der Server ist ausgelastet; versuche es gleich noch einmal',
  server_stopping: 'der Server wird gerade beendet',
  // adapters
  contradicts_stored: 'das widerspricht dem, was schon gespeichert ist',
  change_not_stored: 'die Änderung wurde nicht gespeichert; versuche es noch einmal',
  too_many_changes_wait: 'der Server ist ausgelastet; versuche es gleich noch einmal',
  database_away:
    'der Server kommt gerade nicht an das, was er gespeichert hat; versuche es gleich noch einmal',
  changes_met: 'zu viele Änderungen trafen aufeinander; versuche es noch einmal',
  database_text_refused: 'der Text enthält Zeichen, die nicht gespeichert werden können',
  server_starting: 'der Server startet gerade; versuche es gleich noch einmal',
  database_busy: 'der Server ist ausgelastet; versuche es noch einmal',
  database_locked: 'der Server kann gerade nichts speichern; versuche es später noch einmal',
  database_too_slow: 'der Server hat zu lange gebraucht',
  database_value_too_long: 'das ist zu lang, um gespeichert zu werden',
  log_record_too_large:
    'das ist zu groß, um gespeichert zu werden: {size} Bytes; erlaubt sind höchstens {most}',
  database_disk_failed: 'der Server kann gerade nichts speichern; versuche es später noch einmal',
  database_not_opened:
    'der Server kommt gerade nicht an das, was er gespeichert hat; versuche es später noch einmal',
  no_such_blob: 'diese Datei gibt es nicht',
  // accounts
  sign_in_first: 'melde dich zuerst an oder registriere dich',
  sign_in_or_guest_first: 'melde dich an oder lade die Seite neu',
  session_ended: 'deine Sitzung ist zu Ende; melde dich wieder an',
  no_such_session: 'diese Sitzung hast du nicht; vielleicht ist sie schon zu Ende',
  handle_or_password_wrong: 'das Handle oder das Passwort stimmt nicht; prüfe beides',
  handle_or_code_wrong: 'das Handle oder der Code stimmt nicht; prüfe beides',
  password_wrong: 'das Passwort stimmt nicht; es wurde nichts geändert',
  too_many_password_tries:
    'zu viele falsche Versuche für dieses Konto; versuche es in {minutes} Minuten noch einmal oder auf einem Gerät, das du schon benutzt hast',
  too_many_sign_ins: 'gerade melden sich viele an; versuche es gleich noch einmal',
  too_many_guests: 'gerade sind zu viele Gäste da; melde dich an oder versuche es später noch einmal',
  too_many_accounts:
    'dieser Server nimmt keine Konten mehr auf; sein Betreiber kann accounts.accounts_max erhöhen',
  no_such_account: 'dieses Konto gibt es nicht',
  account_never_signs_in: 'dieses Konto gibt es nicht',
  account_being_deleted: 'dieses Konto wird gerade gelöscht',
  own_account: 'das bist du selbst; wähle ein anderes Konto',
  follow_denied: 'diesem Konto kannst du nicht folgen',
  too_many_follows: 'du folgst {most} Leuten, mehr geht nicht; entfolge zuerst jemandem',
  too_many_mutes: 'du hast {most} Einträge stummgeschaltet, mehr geht nicht; hebe zuerst einen davon auf',
  not_one_hashtag: 'gib einen einzelnen Hashtag ein, etwa #keramik',
  not_one_word: 'gib ein einzelnes Wort ein',
  handle_taken: 'dieses Handle ist schon vergeben; wähle ein anderes',
  handle_reserved: 'dieses Handle ist reserviert; wähle ein anderes',
  handle_characters:
    'nimm nur Buchstaben von a bis z, Ziffern, Punkte und Unterstriche; ein Anzeigename darf jede Schrift haben',
  handle_dots: 'ein Punkt steht immer einzeln zwischen anderen Zeichen',
  handle_without_letters: 'nimm mindestens einen Buchstaben oder eine Ziffer',
  password_is_handle: 'wähle eines, das nicht dein Handle ist',
  birth_date_malformed: 'gib einen Tag an, den es gibt, als JJJJ-MM-TT',
  birth_date_in_future: 'dieser Tag liegt in der Zukunft',
  birth_date_too_long_ago: 'dieser Tag liegt zu weit zurück',
  too_young_for_sensitive: 'das lässt sich ab {least} Jahren einschalten',
  too_young: 'du musst mindestens {least} Jahre alt sein',
  not_a_language: 'gib eine Sprache als Kürzel an, etwa „en“ oder „pt-BR“',
  not_an_email: 'gib eine Adresse wie name@example.org an oder lass das Feld leer',
  not_a_time_zone: 'gib einen Namen wie „Europe/Vienna“ an oder lass das Feld leer',
  not_a_feed_mode: 'gib „for_you“ oder „not_profiled“ an',
  text_not_utf8: 'das ist kein Text in UTF-8',
  text_length: 'nimm {least} bis {most} Zeichen',
  text_too_long: '{count} Zeichen; erlaubt sind höchstens {most}',
  text_unseen: 'davon ist nichts zu sehen; nimm mindestens einen Buchstaben, eine Ziffer oder ein Zeichen',
  query_too_long: 'eine Suche hat höchstens 100 Zeichen',
  not_a_cursor: 'diese Liste lässt sich so nicht fortsetzen; lade sie neu',
  page_limit: 'auf einmal gehen 1 bis {most}',
  // catalog
  no_such_video: 'dieses Video gibt es nicht',
  no_such_entry: 'das gibt es nicht, oder nicht mehr',
  no_such_sound: 'diesen Sound gibt es nicht, oder niemand darf ihn mehr hören',
  sound_name_denied: 'nur die Person, deren Sound es ist, darf ihn benennen',
  no_such_label: 'eine Kennzeichnung ist „ai_generated“ oder „paid_partnership“',
  end_in_the_past: 'das Ende muss in der Zukunft liegen',
  video_not_restorable:
    'dieses Video lässt sich nicht zurückholen: Es wurde nicht gelöscht, oder es ist zu lange her',
  video_change_denied: 'nur wer dieses Video hochgeladen hat, kann es ändern',
  video_delete_denied: 'nur wer dieses Video hochgeladen hat, kann es löschen',
  video_already_published: 'dieses Video ist schon veröffentlicht',
  video_state_of_other_call: 'ein Video wird anders veröffentlicht und gelöscht',
  rendition_not_taken: 'dieses Video nimmt keine weitere Fassung auf',
  no_such_cover: 'dieses Video hat {count} Titelbilder, gezählt ab 0',
  not_a_visibility: 'gib „everyone“, „followers“ oder „only_me“ an',
  no_such_media: 'diese Datei gibt es nicht; vielleicht ist ihre Adresse abgelaufen',
  // social
  no_such_comment: 'diesen Kommentar gibt es nicht',
  comment_empty: 'schreib etwas',
  comment_delete_denied:
    'einen Kommentar können nur löschen, wer ihn geschrieben und wer das Video gepostet hat',
  too_many_comments:
    'du hast in einer Minute {count} Kommentare geschrieben, mehr geht nicht; warte ein wenig',
  not_one_report: 'melde genau eines: ein Video, eine Person oder einen Kommentar',
  report_reason_missing: 'sag, was damit nicht stimmt',
  too_many_reports: 'du hast in 24 Stunden {count} Meldungen gesendet, mehr geht nicht; versuche es morgen',
  no_such_notification_kind: 'diese Art von Mitteilung gibt es nicht',
  // engine
  feed_count_out_of_range: 'verlange 1 bis {most} Videos auf einmal',
  too_many_held_clips: 'nenne höchstens {most} Videos, die du schon hast',
  too_many_shown_clips: 'nenne höchstens {most} Videos, die du schon gesehen hast',
  not_a_feed_cursor: 'hier geht dieser Feed nicht weiter; lade ihn neu',
  // media
  file_empty: 'die Datei ist leer; wähle ein Video',
  file_too_large:
    'die Datei hat {size:bytes}; erlaubt sind höchstens {most:bytes}; speichere das Video kleiner und lade das hoch',
  webp_too_large:
    'die Datei hat {size:bytes}; erlaubt sind höchstens {most:bytes}; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  file_not_a_video: 'die Datei ist kein Video, ihr Format ist unbekannt; wähle ein Video',
  file_still_picture: 'die Datei ist ein einzelnes Bild; wähle ein Video',
  file_only_sound: 'die Datei enthält Ton, aber kein Bild; wähle ein Video',
  file_without_picture: 'die Datei enthält kein Bild; wähle ein Video',
  file_kind_not_accepted:
    'diese Art von Datei ({kind}) wird nicht angenommen; Videos in MP4, MOV, WebM, MKV, AVI, FLV, MPEG und Ogg schon, auch bewegte GIF, PNG und WebP; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  file_too_many_tracks:
    'die Datei hat {count} Spuren; erlaubt sind höchstens {most}; speichere das Video mit weniger und lade das hoch',
  file_several_videos: 'die Datei enthält mehrere Videos hintereinander; lade jedes einzeln hoch',
  file_index_missing:
    'der Datei fehlt ihr Verzeichnis („moov“), sie ist abgeschnitten oder wurde nie fertig; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  file_cut_off:
    'die Datei ist nach {there:ms} von {whole:ms} abgeschnitten; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  file_end_missing:
    'die Datei ist abgeschnitten, ihr Ende fehlt; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  file_header_damaged:
    'die Datei ist beschädigt, ihr Anfang ist nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  file_streams_damaged:
    'die Datei ist beschädigt, ihre Spuren sind nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  file_length_wrong:
    'die Datei gibt eine falsche Länge an und lässt sich nicht zweimal lesen; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  video_too_long:
    'das Video dauert {length:ms}; erlaubt sind höchstens {most:ms}; kürze das Video und lade einen Teil hoch',
  video_goes_on_too_long:
    'das Video ist länger als erlaubt, höchstens {most:ms}; kürze das Video und lade einen Teil hoch',
  video_too_many_frames:
    'das Video hat {rate} Bilder pro Sekunde; erlaubt sind höchstens {most}; speichere das Video mit weniger und lade das hoch',
  video_encrypted:
    'das Video ist verschlüsselt (kopiergeschützt) und lässt sich nicht abspielen; wähle ein Video ohne Kopierschutz',
  video_too_much_work:
    'die Verarbeitung des Videos braucht mehr Rechenzeit als erlaubt; speichere das Video kleiner und lade das hoch',
  picture_too_large:
    'das Bild hat {width} × {height} Pixel; erlaubt sind höchstens {long_most} × {short_most} (4K); speichere das Video kleiner und lade das hoch',
  picture_codec_not_read:
    'das Bild ist als {codec} gespeichert, was hier nicht lesbar ist; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  picture_codec_unknown:
    'das Bild ist auf eine Art gespeichert, die hier unbekannt ist; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  picture_dolby_vision_5:
    'das Bild ist Dolby Vision mit Profil 5, dessen Farben hier nicht lesbar sind; speichere das Video als HDR10, HLG oder ohne HDR und lade das hoch',
  picture_description_damaged:
    'die Datei ist beschädigt, die Angaben zu ihrem Bild sind nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  picture_without_frames:
    'die Datei ist beschädigt, keines ihrer Bilder ist lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  picture_frames_damaged:
    'die Datei ist beschädigt, {count} ihrer {all} Bilder sind nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  picture_clock_goes_back:
    'die Datei ist beschädigt, die Uhr von {count} ihrer {all} Bilder läuft zurück; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  picture_file_empty: 'die Datei des Bildes ist leer; wähle ein anderes',
  picture_file_too_large:
    'die Datei des Bildes hat {size:bytes}; erlaubt sind höchstens {most:bytes}; speichere es kleiner',
  picture_file_unknown: 'die Datei ist kein Bild, das hier lesbar ist; JPEG, PNG und WebP sind es',
  picture_too_many_pixels:
    'das Bild hat {width} × {height} Pixel; erlaubt sind höchstens {most} Millionen; speichere es kleiner',
  picture_file_damaged:
    'das Bild ist beschädigt oder abgeschnitten; kopiere es noch einmal von dort, wo es entstanden ist',
  picture_has_no_more_lines:
    'das Bild hat nicht mehr Zeilen als seine Fassungen; speichere das Video kleiner und lade das hoch',
  sound_goes_on_too_long:
    'der Ton dauert länger als das längste Erlaubte, {most:ms}; kürze das Video und lade einen Teil hoch',
  sound_encrypted:
    'der Ton ist verschlüsselt (kopiergeschützt) und lässt sich nicht abspielen; wähle ein Video ohne Kopierschutz',
  sound_codec_not_read:
    'der Ton ist als {codec} gespeichert, was hier nicht lesbar ist; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  sound_codec_unknown:
    'der Ton ist auf eine Art gespeichert, die hier unbekannt ist; speichere das Video als MP4 mit H.264 und AAC und lade das hoch',
  sound_description_damaged:
    'der Ton ist beschädigt, die Angaben zu ihm sind nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  sound_damaged:
    'der Ton ist beschädigt, {count} seiner {all} Stücke sind nicht lesbar; kopiere die Datei noch einmal von dort, wo sie entstanden ist, und lade die Kopie hoch',
  processing_out_of_memory:
    'die Verarbeitung dieses Videos braucht mehr Speicher als erlaubt; speichere es kleiner und lade das hoch',
  // subtitles
  no_such_subtitles: 'dieses Video hat in dieser Sprache keine Untertitel',
  subtitles_without_language: 'sage, in welcher Sprache die Untertitel sind',
  too_many_subtitles:
    'dieses Video hat Untertitel in {most} Sprachen, mehr gehen nicht; nimm zuerst welche weg',
  subtitles_too_large: 'die Datei hat {size}; Untertitel dürfen höchstens {most} haben',
  subtitles_not_utf8:
    'Zeile {line} ist kein Text in UTF-8; öffne die Datei in einem Texteditor, speichere sie mit der Kodierung UTF-8 und wähle sie noch einmal',
  no_subtitles_in_file: 'in dieser Datei sind keine Untertitel; gelesen werden WebVTT (.vtt) und SRT (.srt)',
  subtitle_times_unreadable:
    'Zeile {line}: diese Zeiten lassen sich nicht lesen; sie sehen aus wie 00:01:02.500 --> 00:01:04.000',
  subtitle_ends_before_it_begins: 'Zeile {line}: dieser Untertitel endet, bevor er beginnt',
  subtitle_too_long: 'Zeile {line}: dieser Untertitel hat mehr als {most} Zeichen; teile ihn auf',
  subtitles_too_many_in_file: 'Zeile {line}: davor stehen schon {most} Untertitel, mehr sind nicht erlaubt',
  subtitles_behind_end:
    'alle diese Untertitel beginnen erst nach dem Ende des Videos, das {duration} dauert; vielleicht gehören sie zu einem anderen',
  // upload
  no_such_upload: 'diesen Upload gibt es nicht; vielleicht ist er abgelaufen, beginne ihn neu',
  upload_cancelled: 'der Upload wurde abgebrochen',
  upload_published: 'aus diesem Upload ist ein veröffentlichtes Video geworden; lösche das Video',
  upload_fingerprint_too_long: 'das ist zu lang; erlaubt sind höchstens {most} Bytes',
  cover_ms_out_of_range:
    'das Titelbild muss bei 0 bis {most} Millisekunden nach dem Anfang des Videos liegen',
  sound_not_usable:
    'dieser Sound lässt sich nicht verwenden: kein Video, das alle sehen dürfen, spielt ihn noch',
  sound_gone:
    'den Sound, den dieses Video spielen sollte, gibt es nicht mehr: kein Video, das alle sehen dürfen, spielt ihn noch; lade es mit einem anderen Sound oder dem eigenen noch einmal hoch',
  too_many_uploads:
    'du hast in den letzten 24 Stunden {count} Videos hochgeladen; erlaubt sind höchstens {most}, versuche es morgen noch einmal',
  too_many_unfinished_uploads:
    'du hast {count} unfertige Uploads, mehr geht nicht; beende zuerst einen davon oder brich ihn ab',
  upload_queue_share_taken:
    'es warten schon {count} Videos auf ihre Verarbeitung, und du hast deinen Anteil daran; versuche es in 10 Sekunden noch einmal',
  upload_queue_full:
    'es warten schon {count} Videos auf ihre Verarbeitung; versuche es in ein paar Minuten noch einmal',
  disk_too_full_for_file:
    'der Speicher des Servers ist zu voll für eine so große Datei; versuche es später noch einmal',
  upload_part_too_large: 'ein Teil eines Uploads darf höchstens {most} Bytes haben',
  upload_part_longer_than_announced: 'es kamen mehr Bytes als angekündigt',
  upload_part_past_end: 'der Teil reicht über das Ende der Datei hinaus, die {size} Bytes hat',
  upload_part_misplaced: 'der Upload steht bei Byte {offset}, nicht bei {given}',
  upload_part_beside_another: 'ein anderer Teil dieses Uploads wird gerade gespeichert',
  upload_being_written: 'ein Teil dieses Uploads wird gerade gespeichert; versuche es noch einmal',
  upload_checksum_unknown: 'die Prüfsumme muss mit sha1 oder sha256 gebildet sein',
  upload_checksum_malformed: 'die Prüfsumme ist kein Base64 ihrer Länge',
  upload_checksum_wrong: 'die Prüfsumme passt nicht zu dem, was ankam; nichts davon wird behalten',
  video_cut_off: 'die Verarbeitung dieses Videos wurde {tries} Mal unterbrochen; lade es noch einmal hoch',
  video_not_stored: 'dieses Video konnte {tries} Mal nicht abgelegt werden; lade es später noch einmal hoch',
  video_took_too_long:
    'die Verarbeitung dieses Videos hat {tries} Mal zu lange gedauert; versuche es mit einem kürzeren oder kleineren',
  video_not_processed:
    'dieses Video konnte nicht verarbeitet werden, das Lesen brach {tries} Mal ab; speichere es in einem anderen Format und lade das hoch',
  // visual
  looker_not_started: 'der Prozess, der Bilder ansieht, ließ sich nicht starten: {problem}',
  crop_too_small: 'der Ausschnitt ist zu klein; nimm mindestens ein Fünfzigstel jeder Seite',
  model_not_there:
    'womit Bilder verglichen wurden, ist nicht mehr da; es wird ersetzt, versuch es später noch einmal',
  pictures_under_way:
    'Andere Bilder von deiner Adresse werden gerade angesehen; versuch es in ein paar Sekunden noch einmal.',
  crop_outside: 'der Ausschnitt liegt nicht im Bild; zieh ihn neu',
  picture_breaks_reader:
    'das Lesen dieses Bildes brach ab; speichere es noch einmal als JPEG und versuche es damit',
  picture_takes_too_long:
    'das Lesen dieses Bildes dauert zu lange; speichere es kleiner und versuche es damit',
  not_held: 'dieses Video wird nicht zurückgehalten; vielleicht wurde inzwischen entschieden',
  blocked_without_reason: 'schreibe, warum es gesperrt wird',
  no_such_blocked: 'diesen Eintrag gibt es in der Sperrliste nicht',
  no_print_to_block:
    'von diesem Video ist nichts bekannt, woran man Kopien erkennt; vielleicht hat es keinen Ton oder stammt aus einer früheren Version',
  sound_too_plain_to_block: 'in diesem Ton ist zu wenig zu hören, um ihn von anderen zu unterscheiden',
  picture_too_plain_to_block: 'auf diesem Bild ist zu wenig zu sehen, um es von anderen zu unterscheiden',
  block_list_full: 'die Sperrliste ist voll ({max} Einträge); nimm zuerst welche heraus',
  block_list_line_wrong: 'Zeile {line} der Liste ist nicht lesbar: {problem}; nichts wurde übernommen',
  looking_busy: 'gerade werden zu viele Bilder angesehen; versuche es gleich noch einmal',
  // feed
  impression_token_unknown: 'dieses Video kam nicht aus einem Feed dieses Servers; lade den Feed neu',
  impression_token_of_another_person: 'dieses Video kam aus dem Feed eines anderen Kontos; lade den Feed neu',
  impression_token_from_future: 'dein Feed trägt eine Zeit in der Zukunft; lade ihn neu',
  impression_token_too_old: 'dein Feed ist älter als {hours} Stunden; lade ihn neu',
  too_many_feed_answers:
    'du hast mehr Feed-Antworten in einer Stunde verlangt, als die {most} erlaubten; versuche es in einer Minute noch einmal',
  withdrawal_of_nothing: 'Unter diesem Namen gibt es nichts, was zurückgenommen werden könnte',
  no_such_withdrawal:
    'Hier ist nichts von dir, was rückgängig gemacht werden könnte; eine Woche lang geht es',
  wish_for_nothing: 'Es gibt keinen Hashtag und niemanden mit diesem Namen, den man sich wünschen könnte.',
  wishes_full: 'Du hast {most} Wünsche, mehr gehen nicht; beende zuerst einen.',
  too_many_wishes:
    'Du hast deine Wünsche öfter geändert als die erlaubten {most}-mal in einer Stunde; versuch es in ein paar Minuten wieder.',
  too_many_withdrawals:
    'Du hast in einer Stunde öfter etwas zurückgenommen oder rückgängig gemacht als die erlaubten {most} Male; versuche es in ein paar Minuten wieder',
  too_many_events:
    'du hast mehr Ereignisse in einer Stunde geschickt, als die {most} erlaubten; versuche es in einer Minute noch einmal',
  too_many_events_in_a_call: '{count} Ereignisse auf einmal; erlaubt sind höchstens {most}',
  event_id_length: 'ein Ereignis trägt eine Kennung von 1 bis {most} Zeichen',
  event_not_told_here: 'das Ereignis „{event}“ wird hier nicht angenommen',
  event_video_gone: 'das Video gibt es nicht mehr',
  event_end_unknown: 'ein Video endet mit swipe, ended, hidden, closed oder error',
  event_too_many_ranges: 'das Ereignis nennt {count} gesehene Abschnitte; erlaubt sind höchstens {most}',
  event_range_impossible: 'der gesehene Abschnitt {from}..{to} ms passt nicht in die {length} ms des Videos',
  event_loops_out_of_range: 'ein Video läuft 0 bis {most} Mal von vorn',
  event_watch_negative: 'die gesehene Zeit ist nicht negativ',
  event_watch_before_handed_out: 'gesehen wurden {watched} ms, dabei kam das Video erst vor {since} ms',
  event_watch_longer_than_played:
    'gesehen wurden {watched} ms, mehr als {loops} Wiederholungen eines Videos von {length} ms hergeben',
  weight_out_of_range: 'muss eine Zahl von {least} bis {most} sein',
  weights_changed_meanwhile:
    'die Zahlen wurden geändert, seit du sie angesehen hast; sieh sie dir noch einmal an',
  engine_stands:
    'die Engine lernt gerade nicht, deshalb warten Schnappschüsse, Löschungen und andere Zahlen; /readyz sagt warum',
  no_such_decision: 'zu diesem Video ist keine Entscheidung für dich aufbewahrt',
  decision_not_kept:
    'zu diesem Video ist keine Entscheidung aufbewahrt; nach {days} Tagen wird sie gelöscht, und ohne Profil gibt es keine',
  // api
  not_http: 'Die Anfrage ist kein gültiges HTTP ({detail}).',
  header_too_large: 'Der Kopf der Anfrage ist zu lang; sende weniger oder kürzere Felder.',
  http_version_unknown: 'Hier wird nur HTTP/1.0 und HTTP/1.1 gesprochen.',
  target_invalid: 'Die Adresse ist nicht gültig; sie muss mit einem Schrägstrich beginnen.',
  target_escape_invalid:
    'Die Adresse enthält ein kaputtes Escape (%XX), ungültiges UTF-8 oder zu viele Felder.',
  host_missing: 'Das Feld Host fehlt.',
  host_invalid: 'Das Feld Host nennt keinen Namen.',
  header_field_doubled: 'Ein Feld, das einmal kommen darf, kam zweimal.',
  host_unknown:
    'Dieser Server heißt nicht so wie in der Adresse; wer ihn betreibt, trägt die Namen in api.public_url oder api.hosts ein.',
  transfer_coding_unknown: 'Als Transfer-Encoding wird nur chunked mit HTTP/1.1 angenommen.',
  expectation_unknown: 'Erwartet werden kann nur 100-continue.',
  body_too_long: 'Die Anfrage hat {length} Bytes; hier werden höchstens {most} angenommen.',
  body_longer_than_taken: 'Die Anfrage ist länger als die {most} Bytes, die hier angenommen werden.',
  request_too_slow: 'Die Anfrage kam nicht rechtzeitig an.',
  nothing_at_address: 'Unter dieser Adresse gibt es nichts.',
  method_not_taken: 'Diese Adresse nimmt nur {methods}.',
  range_behind_end: 'Die Datei hat {size} Bytes; der Bereich beginnt dahinter.',
  too_many_requests:
    'Von deiner Adresse kamen zu viele Anfragen; versuche es in ein paar Sekunden noch einmal.',
  too_many_passwords: 'Von deiner Adresse kamen zu viele Passwörter; versuche es in 1 Minute noch einmal.',
  too_many_sign_ups:
    'Von deiner Adresse wurden zu viele Konten angelegt; versuche es in 1 Stunde noch einmal.',
  too_many_pictures: 'Von deiner Adresse kamen zu viele Bilder; versuche es in 1 Minute noch einmal.',
  places_taken: 'Gerade sind zu viele Leute verbunden; versuche es in ein paar Sekunden noch einmal.',
  share_taken:
    'Von deiner Adresse sind {most} Verbindungen offen, mehr geht nicht; schließe welche oder versuche es in ein paar Sekunden noch einmal.',
  socket_wanted: 'Hier wird WebSocket gesprochen; frage mit GET, Upgrade: websocket und Connection: Upgrade.',
  socket_version_unknown: 'Als Sec-WebSocket-Version gibt es nur 13.',
  socket_key_invalid: 'Der Sec-WebSocket-Key muss aus 16 Bytes in Base64 bestehen.',
  socket_message_invalid:
    'Eine Nachricht muss ein JSON-Objekt mit „watch“ sein, einer Liste von höchstens {most} Video-Ids.',
  socket_origin_unknown:
    'Diese Verbindung ist nur für Seiten dieses Servers; wer ihn betreibt, setzt seine Adresse in api.public_url.',
  too_many_sockets:
    'Du hast {count} Seiten oder Programme offen, die auf Neues warten, mehr geht nicht; schließe eines.',
  json_too_deep: 'Die Anfrage ist mehr als {most} Ebenen tief verschachtelt.',
  json_invalid: 'Die Anfrage ist kein gültiges JSON in UTF-8.',
  json_no_object: 'Die Anfrage muss ein JSON-Objekt sein.',
  field_missing: 'das fehlt',
  field_no_text: 'das muss ein Text sein',
  field_no_texts: 'das muss eine Liste von höchstens {most} Texten sein',
  field_text_too_long: 'das muss ein Text mit höchstens {most} Zeichen sein',
  field_no_flag: 'das muss true oder false sein',
  field_out_of_range: 'das muss eine ganze Zahl von {least} bis {most} sein',
  field_not_one_of: 'das muss {choices} sein',
  field_no_ids: 'das müssen Kennungen von Videos sein, mit Kommas dazwischen, höchstens {most}',
  id_unknown: 'Unter dieser Kennung gibt es nichts.',
  form_invalid: 'Die Anfrage ist kein gültiges multipart/form-data: {detail}.',
  form_type_missing: 'Der Content-Type muss multipart/form-data mit einer Grenze sein.',
  form_field_too_long: 'das hat mehr als {most} Bytes',
  bearer_invalid: 'Das Feld Authorization muss „Bearer TOKEN“ mit einem Token dieses Servers sein.',
  signed_out: 'Du bist abgemeldet; melde dich wieder an.',
  csrf_missing: 'Diese Seite gehört nicht zu deiner Sitzung; lade sie neu.',
  guest_token_missing: 'Melde dich an oder lade die Seite neu.',
  account_needed: 'Melde dich dafür an oder registriere dich.',
  role_missing:
    'Das ist für Konten mit der Rolle {role}; wer den Server betreibt, vergibt sie mit: filoscope account role',
  metrics_are_local: 'Messwerte gibt es nur auf diesem Rechner; api.metrics_token öffnet sie für andere.',
  metrics_token_missing: 'Messwerte brauchen api.metrics_token als Bearer-Token.',
  too_many_transfers:
    'du sendest schon {count} Videos, mehr auf einmal geht nicht; warte, bis eines fertig ist',
  file_field_missing: 'das fehlt; sende das Video als Formularfeld „file“',
  file_field_doubled: 'nur ein Video auf einmal',
  tus_version_unknown: 'Tus-Resumable muss {version} sein.',
  chunk_type_wrong: 'Der Content-Type eines Teils muss {type} sein.',
  chunk_length_missing: 'ein Teil muss sagen, wie lang er ist',
  upload_length_missing: 'das muss die Größe der Datei in Bytes sein; sie muss von Anfang an bekannt sein',
  upload_offset_missing: 'das muss die Zahl der schon gesendeten Bytes sein',
  method_override_unknown:
    'das muss PATCH, DELETE oder HEAD sein; ein neuer Upload beginnt unter /api/v1/uploads',
  upload_metadata_invalid: 'das müssen Namen mit Werten in Base64 sein, mit Kommas dazwischen, in UTF-8',
  cover_ms_invalid: 'das muss eine ganze Zahl von Millisekunden sein',
  event_no_object: 'ein Ereignis muss ein Objekt sein',
  events_no_list: 'das muss eine Liste sein',
  events_too_many: 'höchstens {most} auf einmal',
  watched_no_list: 'das muss eine Liste von höchstens 200 Bereichen sein',
  watched_no_range: 'ein Bereich besteht aus zwei Zahlen, [from_ms, to_ms]',
  published_no_draft: 'ein veröffentlichtes Video kann kein Entwurf mehr werden; zeige es nur dir selbst',
  impression_of_another_video: 'das gehört zu einem anderen Video',
  oembed_format_unknown: 'oEmbed gibt es hier nur als JSON: format=json.',
  oembed_url_missing: 'die Adresse zum Einbetten fehlt',
  oembed_side_invalid: 'das muss eine Zahl von Pixeln sein, mindestens 1',
  app_not_served: 'Die Web-App gibt es hier nicht; die Schnittstelle liegt unter /api/v1.',
  page_unreadable: 'Diese Seite lässt sich gerade nicht lesen; versuche es gleich noch einmal.',
  listen_invalid: '„{listen}“ ist nicht HOST:PORT, etwa 127.0.0.1:8080',
  listen_host_unknown:
    'den Host „{host}“ gibt es nicht; nimm eine Adresse dieses Rechners, oder 0.0.0.0 für alle',
  listen_address_taken: 'die Adresse {listen} benutzt schon ein anderes Programm; nimm einen anderen Port',
  listen_address_foreign:
    '{listen} ist keine Adresse dieses Rechners; nimm eine von ihm, oder 0.0.0.0 für alle',
  listen_denied: 'dieser Benutzer darf nicht auf {listen} hören; nimm einen Port über 1023',
};
