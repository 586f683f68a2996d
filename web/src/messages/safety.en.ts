// What may not be for everyone, in English.

export const safety = {
  sensitive_warning_hint: 'This video is marked as sensitive.',
  sensitive_want: 'Show it',
  sensitive_always: 'Setting for such videos',
  flashes_warning_hint: 'This video may trigger seizures in people with photosensitive epilepsy.',
  flashes_want: 'Play',
  flashes_skip: 'Skip such videos',
  set_sensitive: 'Sensitive videos',
  set_sensitive_hint: 'Your feed may hold videos that are not for everyone.',
  set_sensitive_minor: 'They can be switched on from 18 years on.',
  set_flashes: 'Skip flashing lights',
  set_flashes_hint: 'Videos that may trigger seizures stay out of your feeds on this device.',
};

export type SafetyMessages = typeof safety;
