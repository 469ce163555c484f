import { describe, expect, test } from 'vitest';
import { findPasswordProblem, normalizePassword } from './password.ts';

const person = { login: 'sri.wahyuni@kotabogor.go.id', name: 'Sri Wahyuni' };

describe('a password', () => {
  test.each([
    'kuda lumping makan beling',
    '8f3k9d2m4q7zxv',
    'Nasi uduk Bu Tini!',
    'пароль для входа',
    '木の上に三匹の猫が眠る夜',
  ])('%s may be used', (password) => expect(findPasswordProblem(password, person)).toBeNull());

  test.each([
    ['hanya11huruf'.slice(0, 11), 'short'],
    ['🦊🦊🦊🦊🦊🦊', 'short'],
    ['x'.repeat(201), 'long'],
    // one letter that becomes eighteen
    ['ﷺ'.repeat(199), 'long'],
    ['password1234', 'common'],
    ['P@ssw0rd12345', 'common'],
    ['Indonesia2026!', 'common'],
    ['katasandiku123', 'common'],
    ['SriWahyuni1987', 'common'],
    ['wahyuni-kotabogor', 'common'],
    ['aaaaaaaaaaaa', 'common'],
    ['123456789012', 'common'],
    ['qwertyuiop123', 'common'],
  ])('%s is refused as %s', (password, problem) => {
    expect(findPasswordProblem(password, person)).toBe(problem);
  });

  test('is the same however its letters were composed', () => {
    expect(normalizePassword('cafe\u0301 ﬁ')).toBe(normalizePassword('café fi'));
  });
});
