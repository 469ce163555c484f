import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

test.each([
  ['deliver:after-send', { point: 'deliver:after-send', count: 1 }],
  ['deliver:after-send:3', { point: 'deliver:after-send', count: 3 }],
])('CRASH_AT=%s names the point and the time it gets there', (raw, crashAt) => {
  expect(parseConfig({ CRASH_AT: raw }).crashAt).toEqual(crashAt);
});

test.each([
  'deliver',
  'deliver:after-lunch',
  'deliver:after-send:0',
  'deliver:after-send:',
  'deliver:after-sending',
])('CRASH_AT=%s is an error that lists the points there are', (raw) => {
  expect(() => parseConfig({ CRASH_AT: raw })).toThrow(/CRASH_AT.*accept:before-commit, .*notify:after-mark/);
});
