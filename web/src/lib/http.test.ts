import { describe, expect, it } from 'vitest';
import { sentenceOf, setHttpHooks } from './http';

describe('sentenceOf', () => {
  it('leaves out the field it stands at and begins as a sentence', () => {
    expect(sentenceOf({ detail: 'handle: use 2 to 24 characters', field: 'handle' })).toBe(
      'Use 2 to 24 characters',
    );
    expect(sentenceOf({ detail: 'handle: this one is taken' })).toBe('Handle: this one is taken');
  });

  it('takes the title where no sentence is, and gives nothing where neither is', () => {
    expect(sentenceOf({ detail: '', title: 'Not Found' })).toBe('Not Found');
    expect(sentenceOf({})).toBe('');
  });

  it('is read in her language, without the field', () => {
    setHttpHooks({ problemText: ({ reason, detail }) => `<${reason}: ${detail}>` });
    const problem = { reason: 'comment_empty', detail: 'text: write something', field: 'text' };
    expect(sentenceOf(problem)).toBe('<comment_empty: write something>');
  });
});
