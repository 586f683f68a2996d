import { describe, expect, it } from 'vitest';
import { href, parseRoute } from './routes';

describe('parseRoute', () => {
  it.each([
    ['/', { name: 'home' }],
    ['//', { name: 'home' }],
    ['/v/01abc', { name: 'video', id: '01abc' }],
    ['/@ada', { name: 'profile', handle: 'ada' }],
    ['/%40ada', { name: 'profile', handle: 'ada' }],
    ['/tag/k%C3%A4se', { name: 'tag', tag: 'käse' }],
    ['/inbox', { name: 'inbox' }],
    ['/inbox/', { name: 'inbox' }],
    ['/upload', { name: 'upload' }],
    ['/how', { name: 'how' }],
    ['/operator', { name: 'operator' }],
    ['/moderation', { name: 'moderation' }],
    ['/search/picture', { name: 'search_picture' }],
    ['/search/pictures', { name: 'missing' }],
    ['/@', { name: 'missing' }],
    ['/v', { name: 'missing' }],
    ['/v/', { name: 'missing' }],
    ['/v/a/b', { name: 'missing' }],
    ['/tag/%E0%A4%A', { name: 'missing' }],
    ['/nothing', { name: 'missing' }],
  ])('%s', (path, route) => {
    expect(parseRoute(path)).toEqual(route);
  });

  it('reads the comment that a notification leads to', () => {
    const address = new URL(href.video('01abc', '9 &z'), 'http://localhost');
    const route = { name: 'video', id: '01abc', comment: '9 &z' };
    expect(parseRoute(address.pathname, address.search)).toEqual(route);
    expect(href.video('01abc', null)).toBe('/v/01abc');
  });

  it.each([
    ['7.2', 7.2],
    ['90', 90],
    ['0', undefined],
    ['', undefined],
    ['-3', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['7,2', undefined],
    ['NaN', undefined],
    ['9'.repeat(400), undefined],
  ])('reads the moment %s', (text, atS) => {
    expect(parseRoute('/v/01abc', `?t=${text}`)).toEqual({ name: 'video', id: '01abc', ...(atS && { atS }) });
  });

  it('comes back from the address of a moment, not later than that', () => {
    const address = new URL(href.moment('01abc', 7280), 'http://x');
    expect(parseRoute(address.pathname, address.search)).toEqual({ name: 'video', id: '01abc', atS: 7.2 });
    expect(href.moment('01abc', 40)).toBe('/v/01abc');
  });

  it('reads the search from the query', () => {
    expect(parseRoute('/search', '?q=a%20b&kind=people')).toEqual({
      name: 'search',
      q: 'a b',
      kind: 'people',
    });
    expect(parseRoute('/search')).toEqual({ name: 'search', q: '', kind: 'all' });
  });

  it('comes back from the address of a search as it is spelt', () => {
    const address = new URL(href.search('pysics', 'videos', true), 'http://x');
    expect(parseRoute(address.pathname, address.search)).toEqual({
      name: 'search',
      q: 'pysics',
      kind: 'videos',
      exact: true,
    });
    expect(href.search('pysics')).toBe('/search?q=pysics');
    expect(href.search('', 'people')).toBe('/search?kind=people');
  });

  it.each(['北京', 'a/b', '50%', 'ünter', '#x?y'])('comes back from the address of %s', (text) => {
    const tag = new URL(href.tag(text), 'http://x');
    expect(parseRoute(tag.pathname)).toEqual({ name: 'tag', tag: text });
    const search = new URL(href.search(text, 'people'), 'http://x');
    expect(parseRoute(search.pathname, search.search)).toEqual({
      name: 'search',
      q: text,
      kind: 'people',
    });
  });
});
