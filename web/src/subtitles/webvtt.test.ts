import { expect, it } from 'vitest';
import { Cues } from './webvtt';

const FILE = `WEBVTT

00:00:00.000 --> 00:00:09.000
over all

00:00:01.000 --> 00:00:02.500
a --&gt; b &amp;amp; &lt;i&gt;
&#123;\\an8} second line

01:00:00.001 --> 100:00:00.000
late
`;

it('reads what the server writes', () => {
  expect(new Cues(FILE).all).toEqual([
    { fromMs: 0, toMs: 9000, text: 'over all' },
    { fromMs: 1000, toMs: 2500, text: 'a --> b &amp; <i>\n{\\an8} second line' },
    { fromMs: 3_600_001, toMs: 360_000_000, text: 'late' },
  ]);
  expect(new Cues('WEBVTT\n').all).toEqual([]);
  expect(new Cues('').at(0)).toEqual([]);
});

it('gives what is to be read at a time, to the millisecond', () => {
  const cues = new Cues(FILE);
  const at = (ms: number) => cues.at(ms).map((cue) => cue.text.slice(0, 4));
  expect(at(0)).toEqual(['over']);
  expect(at(999)).toEqual(['over']);
  expect(at(1000)).toEqual(['over', 'a --']);
  expect(at(2499)).toEqual(['over', 'a --']);
  expect(at(2500)).toEqual(['over']);
  expect(at(9000)).toEqual([]);
  expect(at(3_600_000)).toEqual([]);
  expect(at(3_600_001)).toEqual(['late']);
});

it('finds a long one behind many short ones', () => {
  const short = Array.from({ length: 50 }, (_, i) => {
    const second = String(i).padStart(2, '0');
    return `00:00:${second}.000 --> 00:00:${second}.500\n${i}\n`;
  });
  const cues = new Cues(['WEBVTT\n', '00:00:00.000 --> 00:00:50.000\nlong\n', ...short].join('\n'));
  expect(cues.at(40_100).map((cue) => cue.text)).toEqual(['long', '40']);
  expect(cues.at(40_700).map((cue) => cue.text)).toEqual(['long']);
});
