export const why = {
  why_without:
    'As things are now, without what you did with “{caption}” ({action}) it would stand at place {n} instead of {place}.',
  why_without_none:
    'As things are now, without what you did with “{caption}” ({action}) it would not be among what is chosen from.',
  why_unlearned:
    'You asked not to learn from this session: it was chosen by what was known before, and nothing of it is kept in your profile.',
  why_unknown: 'The decision behind this video is no longer kept.',
  why_not_profiled: 'Your feed is not based on what you watch.',
  why_no_profile_yet:
    'You were watching without a profile: nothing that you watched or liked was used, and no record of this choice was kept.',
  why_following: 'It is the newest by the people you follow; no record of this choice was kept.',
  why_no_feed: 'No feed chose it for you.',
  why_others: 'It was picked before you signed in or out. Why is known only to who was watching then.',
  why_numbers: 'Show the numbers',
  why_head: 'What you might do',
  why_probability: 'Chance',
  why_weight: 'Weight',
  why_contribution: 'Adds',
  why_value: 'Value',
  why_routes: 'Found by',
  why_place: 'Place in the answer',
  why_propensity: 'Chance of this place',
  why_position: 'State of the engine',
  why_attended: 'Your history that counted',
  why_settings: 'Change how the feed works',
};

export type WhyMessages = typeof why;
