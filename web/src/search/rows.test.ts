import { describe, expect, it } from 'vitest';
import { rowKey, shownRows, type Row } from './rows';

const row = (kind: Row['kind'], tag: string | null, ...ids: string[]): Row => ({
  kind,
  tag,
  items: ids.map((id) => ({ video: { id } })) as Row['items'],
});
const shown = (...rows: Row[]) => shownRows(rows).map(rowKey);

describe('rows of videos', () => {
  it('are none where there is nothing', () => {
    expect(shown()).toEqual([]);
    expect(shown(row('popular', null), row('newest', null), row('hashtag', 'cats'))).toEqual([]);
  });

  it('do not say the same again where there are few', () => {
    const few = ['a', 'b', 'c'];
    expect(
      shown(
        row('hashtag', 'cats', 'a', 'b'),
        row('popular', null, ...few),
        row('newest', null, 'c', 'b', 'a'),
      ),
    ).toEqual(['hashtag/cats', 'popular/']);
  });

  it('stay all where no other has the same together', () => {
    expect(
      shown(
        row('hashtag', 'cats', 'a', 'b'),
        row('hashtag', 'dogs', 'c'),
        row('popular', null, 'c', 'a'),
        row('newest', null, 'c', 'b'),
      ),
    ).toHaveLength(4);
  });

  it('stand once each', () => {
    expect(shown(row('hashtag', 'cats', 'a'), row('hashtag', 'cats', 'b'))).toEqual(['hashtag/cats']);
  });
});
