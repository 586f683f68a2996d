// The page "How this feed works", in English.

export const how = {
  intro:
    'No person chooses what you see here, and nobody can pay to be shown. A program picks each clip by the rules below. This page is made from the rules that are in use at this moment.',
  steps: 'How a clip comes to you',
  step_gather: 'It gathers up to {n} clips that you may see and have not seen yet.',
  step_guess:
    'For each of them it guesses, from what you and others did before, how likely you are to watch, like, share or skip it.',
  step_add: 'It multiplies each guess by what that reaction is worth, and adds them up.',
  step_wishes:
    'What you ask for more or less of on the page “Your interests” is added to a clip’s sum, or taken from it.',
  step_order: 'The clips with the highest sums come first, with the exceptions below.',
  worth: 'What a reaction is worth',
  worth_hint:
    'Above zero, a clip that is likely to get this reaction comes earlier. Below zero, it comes later. The people who run this server can change these numbers; here is what they are now.',
  found: 'Where the clips come from',
  numbers: 'Show the numbers',
  way: 'Way',
  at_most: 'Of the gathered clips, at most',
  purpose_followed_people: 'New clips by people you follow.',
  purpose_first_audience: 'New clips that have not had their first viewers yet.',
  purpose_liked_content: 'Clips with hashtags, words, sounds or makers that you liked or watched before.',
  purpose_watched_now: 'Clips that many people watch at the moment.',
  purpose_chance: 'A few clips drawn by lot from everything there is.',
  purpose_like_taste: 'Clips that people took to who took to the same clips as you.',
  purpose_friends: 'Clips that people took to whom you follow and who follow you.',
  purpose_many: 'Clips that many people took to, lately and in all.',
  purpose_seen_before: 'When you have seen everything: clips from a while ago, the liked ones first.',
  exceptions: 'Exceptions from the order',
  chance:
    '{share} of the places are drawn by lot among the gathered clips, so that the feed can find out what it does not know about you.',
  audience:
    'Every new clip is promised {n} viewers within {days} days, whoever made it. {share} of the places are kept for that.',
  apart_author: 'Two clips by the same person do not follow each other while there is anything else.',
  apart_sound: 'Nor do two clips with the same sound.',
  alike: 'A clip that is much like one of the {n} before it comes later.',
  alike_most:
    'Of {n} clips in a row at most {most} are much alike, and at most {minors} for people under 18, while there is anything else.',
  fading: 'What fades with time',
  fading_interests: 'What you liked and watched counts half after {days} days.',
  fading_counts: 'What others did with a clip counts half after {days} days.',
  fading_popularity: 'For what is popular at the moment, it is {hours} hours.',
  never: 'What is never used',
  never_hint: 'The program that picks does not have these at all.',
  never_address: 'Your network address.',
  never_device: 'Which device or browser you use.',
  never_place: 'Where you are.',
  never_contact:
    'Your email address, your contacts and your date of birth, but for an age limit on some clips and for how many in a row may be alike.',
  never_other_sites: 'What you do on other sites and in other apps.',
  never_profile_text: 'Your name, your picture and what you write about yourself.',
  never_payment: 'Money: paying changes no place in the feed.',
  kept: 'How long it is kept',
  kept_guest:
    'Without an account, what you did is forgotten {hours} hours after you first came, and gone from the log {days} days later.',
  kept_decisions: 'Why a clip was shown to you can be asked for {days} days.',
  kept_log: 'What people did stays in the log for {days} days.',
  kept_erasure:
    'When you delete your account, the feed forgets you at once, and the log within {hours} hours.',
  choices: 'What you can do',
  choice_why: 'Hold a clip and choose “Why this video”: it says why this one is there.',
  choice_not: '“Not interested” counts from the next clip on, and can be taken back.',
  choice_off: 'A feed that is not based on what you do is one tap away in the settings.',
  to_settings: 'To the settings',
  failed: 'The rules could not be fetched.',
};

export type HowMessages = typeof how;
