import type { SafetyMessages } from './safety.en';

export const safety: SafetyMessages = {
  sensitive_warning_hint: 'Dieses Video ist als sensibel markiert.',
  sensitive_want: 'Zeigen',
  sensitive_always: 'Einstellung für solche Videos',
  flashes_warning_hint: 'Dieses Video kann bei Menschen mit photosensitiver Epilepsie Anfälle auslösen.',
  flashes_want: 'Abspielen',
  flashes_skip: 'Solche Videos überspringen',
  set_sensitive: 'Sensible Videos',
  set_sensitive_hint: 'In deinem Feed dürfen Videos sein, die nicht für alle sind.',
  set_sensitive_minor: 'Sie lassen sich ab 18 Jahren einschalten.',
  set_flashes: 'Blitzlicht überspringen',
  set_flashes_hint: 'Videos, die Anfälle auslösen können, bleiben auf diesem Gerät aus deinen Feeds.',
};
