import { describe, expect, it } from 'vitest';
import { csv, fileName } from './table';

describe('csv', () => {
  it('keeps numbers as numbers and quotes what needs it', () => {
    const columns = [{ name: 'name' }, { name: 'a "b", c', says: () => 'never' }];
    expect(
      csv(columns, [
        ['x,y', 0.25],
        ['two\nlines', null],
      ]),
    ).toBe('name,"a ""b"", c"\r\n"x,y",0.25\r\n"two\nlines",\r\n');
  });

  it('holds nothing that a spreadsheet would execute', () => {
    expect(csv([{ name: 'n' }], [['=1+1'], ['@SUM(A1)'], ['-x'], [-5]])).toBe(
      "n\r\n'=1+1\r\n'@SUM(A1)\r\n'-x\r\n-5\r\n",
    );
  });
});

it('names a file after its title', () => {
  expect(fileName('Loss, over time (übrig)')).toBe('filoscope-loss-over-time-übrig.csv');
});
