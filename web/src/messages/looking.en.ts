// Searching by a picture, in English.

export const looking = {
  none: 'No picture here',
  none_hint:
    'Take or choose a picture of something, and see the videos that show something like it. A picture stays here only as long as the app is open.',
  choose: 'Take or choose a picture',
  other: 'Another picture',
  drop: 'Drop the picture here',
  reading: 'The picture is being read',
  unreadable: 'This picture cannot be read here',
  unreadable_hint:
    'Your browser does not know this kind of file; HEIC is one of them. Save the picture as JPEG or PNG, or take a screenshot of it, and choose that.',
  picture: 'The picture that you search with',
  section: 'Part of the picture that is searched for',
  section_role: 'crop box',
  section_is: '{width} wide, {height} high, {left} from the left, {top} from the top',
  section_hint: 'Arrow keys move it. With Shift they make it larger or smaller.',
  whole: 'Whole picture',
  results: 'Videos that look like it',
  found: '{n} videos look like it',
  found_one: '1 video looks like it',
  nothing: 'Nothing similar here',
  nothing_part: 'Move the box to another part of the picture, or search with the whole of it.',
  nothing_whole: 'Draw a box around what you look for, or try another picture.',
  widened: 'Nothing looks like the part that stands out most. These look like the whole picture.',
  nothing_both:
    'Neither the part that stands out most nor the whole picture finds anything. Draw a box around what you look for, or try another picture.',
  waiting: 'Still looking at {n} videos; they are found once that is done.',
  waiting_one: 'Still looking at 1 video; it is found once that is done.',
};

export type LookingMessages = typeof looking;
