// Giving a video subtitles, in English.

export const subtitles = {
  hint: 'What is said, as a WebVTT or SRT file, so that it can be read without sound.',
  language: 'Language of the file',
  choose: 'Choose a language',
  add: 'Add a file',
  replace: 'Replace',
  replace_name: 'Replace the subtitles in {name}',
  remove_name: 'Remove the subtitles in {name}',
  count: '{n} lines',
  count_one: '1 line',
  added: 'Subtitles in {name}: {n} lines.',
  added_one: 'Subtitles in {name}: 1 line.',
  added_dropped: 'Subtitles in {name} are there. {n} lines begin after the video is over and were left out.',
  added_dropped_one: 'Subtitles in {name} are there. 1 line begins after the video is over and was left out.',
  removed: 'Subtitles in {name} removed.',
  not_given: 'The subtitles in {name} were not stored. {problem}',
  too_many: 'A video has subtitles in at most 20 languages.',
};

export type SubtitleMessages = Record<keyof typeof subtitles, string>;
