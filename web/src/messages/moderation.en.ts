// Deciding what is held, and the block list, in English.

export const moderation = {
  only_moderators: 'This page is for moderators and operators of this server.',
  reload: 'Reload',
  failed: 'What is held could not be asked for.',
  held: 'Held',
  held_hint:
    'New uploads that show or play what is blocked wait here. Until you decide, only their owners see them.',
  held_none: 'Nothing is held',
  held_none_hint: 'A new upload that shows or plays what is on the block list waits here for your decision.',
  held_oldest: 'The {n} that wait longest, of {count}.',
  frames: 'Frames of {name}',
  frame: 'Show frame {n} of {count}',
  frames_none: 'There are no frames of it.',
  frame_failed: 'Not loaded. Try again',
  by: 'by {name}',
  waits: 'Held {ago}',
  matches: 'Matches on the list',
  kind_clip: 'Clip',
  kind_picture: 'Picture',
  kind_sound: 'Sound',
  act_of: '{act}: {name}',
  release: 'Release',
  refuse: 'Delete for good',
  refuse_sure:
    '{name} by {author} is deleted for good, and {author} is told that it was not published. This cannot be undone.',
  refuse_not: 'Leave it held',
  released: 'Released. Its owner is told.',
  refused: 'Deleted. Its owner is told that it was not published.',
  decided_meanwhile: 'It is held no longer: it was decided about meanwhile, or its owner deleted it.',
  decide_failed: 'Not done, it is still held. {problem}',
  blocked: 'Block list',
  blocked_hint:
    'New uploads that show or play one of these are held. What is here already stays. To add one, open a clip and choose “Block this clip” in its menu.',
  blocked_none: 'Nothing is blocked',
  blocked_none_hint: 'Open a clip and choose “Block this clip” in its menu, or add a list of another server.',
  since: 'Since {date}',
  take_off: 'Take off',
  taken_off: 'Taken off. What is held stays held.',
  download: 'Download as CSV',
  add: 'Add a CSV file',
  adding: 'The file is being added',
  added: '{n} entries added.',
  added_one: '1 entry added.',
  added_none: 'All of it was on the list already.',
  block_clip_hint:
    'New uploads that show this clip are held until somebody has looked at them: also cut, mirrored or encoded again. This clip stays where it is.',
  block_sound_hint:
    'New uploads that play this sound are held until somebody has looked at them, whatever they show. This clip stays where it is.',
  block_reason: 'Why it is blocked',
  block_reason_hint: 'At most 200 characters. Moderators read it beside what is held.',
  block_reason_missing: 'Say why it is blocked.',
  block_it: 'Block',
  block_done: 'Blocked. New uploads like it are held.',
  block_undone: 'It is blocked no longer.',
};

export type ModerationMessages = typeof moderation;
