export const interests = {
  interests_intro:
    'Your feed goes by this. What you remove counts no more from the next answer on, and its videos can come again. Your likes, comments and follows stay. For a week you can undo it.',
  interests_empty: 'Nothing yet. Watch a few videos and come back.',
  interests_liked: 'You like',
  interests_skipped: 'You skip',
  interests_words: 'Words from captions ({n})',
  interests_watched: 'Watched last',
  interests_models: 'What the models have learned from many people together cannot be taken apart again.',
  interest_sound: 'The sound of “{caption}”',
  interest_weight: 'Weight {n}, from -2 to 2',
  forget_it: 'Forget',
  forget_name: 'Forget {name}',
  forget_everything: 'Forget everything',
  forget_everything_sure:
    'Your feed begins again as for somebody new. You can undo it for a week. Your likes, comments, follows and what you ask for stay.',
  forget_session: 'Forget this session',
  forget_session_hint: 'What you did here since {time}',
  interest_gone: '{name}: forgotten.',
  withdrawn: 'Taken back',
  withdrawn_everything: 'Everything',
  withdrawn_since: 'This session',
  learn_not: 'Don’t learn from this session',
  learn_not_hint:
    'Until you close this tab. Your feed stays yours, and what you watch or like here does not change it. “Not interested” and whom you follow still count.',
  show_all: 'Show all',
};

export type InterestsMessages = typeof interests;
