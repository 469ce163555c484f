import { expect, test } from 'vitest';
import { readReturnPath } from './paths.ts';

test.each(['/petugas', '/petugas/surat', '/petugas/staf?lang=en', '/petugas/surat/baru?agenda=12%2F2026'])(
  '%s is gone on to',
  (path) => expect(readReturnPath(path)).toBe(path),
);

test.each([
  null,
  '',
  '//jahat.example/petugas',
  'https://jahat.example/petugas',
  '/petugas/../../lapor',
  '/petugas/..//jahat.example',
  '/petugas\\..\\..\\\\jahat.example',
  '/petugas\t/../..//jahat.example',
  '/petugas/%2e%2e/lapor',
  '/petugasan',
  'javascript:alert(1)',
  '/petugas/keluar',
  '/petugas/masuk?lanjut=/petugas/masuk',
  `/petugas/${'a'.repeat(3_000)}`,
])('%s leads to where staff begin', (path) => expect(readReturnPath(path)).toBe('/petugas'));
