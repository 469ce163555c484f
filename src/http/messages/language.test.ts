import { expect, test } from 'vitest';
import { chooseLanguage } from './language.ts';

const request = (url: string, headers: { cookie?: string; 'accept-language'?: string } = {}) => ({
  url,
  headers,
});

test.each([
  ['Indonesian where nothing is asked', request('/'), 'id'],
  [
    'Indonesian where the browser prefers a language we do not speak',
    request('/', { 'accept-language': 'ja,ko;q=0.8' }),
    'id',
  ],
  ['what the browser prefers', request('/', { 'accept-language': 'en-US,en;q=0.9,id;q=0.8' }), 'en'],
  ['the heavier of two', request('/', { 'accept-language': 'en;q=0.4, id;q=0.7' }), 'id'],
  ['not what the browser refuses', request('/', { 'accept-language': 'en;q=0' }), 'id'],
  ['the cookie before the browser', request('/', { cookie: 'a=1; lang=id', 'accept-language': 'en' }), 'id'],
  ['the address before the cookie', request('/lapor?x=1&lang=en', { cookie: 'lang=id' }), 'en'],
  ['no cookie that only ends like ours', request('/', { cookie: 'xlang=en' }), 'id'],
  ['nothing we do not speak', request('/?lang=%3Cscript%3E', { cookie: 'lang=fr' }), 'id'],
])('a page speaks %s', (_, asked, language) => {
  expect(chooseLanguage(asked)).toBe(language);
});
