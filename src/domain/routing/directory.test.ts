import { describe, expect, test } from 'vitest';
import { parseAgencyCsv } from './agency-csv.ts';
import {
  buildDirectory,
  findAgency,
  findTopic,
  listTopics,
  searchAgencies,
  type Topic,
} from './directory.ts';

const topic = (code: string, parentCode: string | null, active = true): Topic => ({
  code,
  name: code,
  parentCode,
  centralAgencyCode: null,
  localOffice: null,
  handledBy: 'regency',
  active,
});

const directory = buildDirectory({
  version: '7',
  agencies: parseAgencyCsv(`code,name,kind,parent_code,time_zone,area_code,aliases,active
K9,Kementerian Kesehatan,ministry,,Asia/Jakarta,,Kemenkes,true
K2,Kementerian Badan Usaha Milik Negara,ministry,,Asia/Jakarta,,Kementerian BUMN,false
D32.04,Pemerintah Kabupaten Bandung,regency,,Asia/Jakarta,32.04,Kab. Bandung;Bdg,true
D32.73,Pemerintah Kota Bandung,city,,Asia/Jakarta,32.73,Kota Bandung;Pemkot Bandung;Bdg;BDGKOT,true
D35.78,Pemerintah Kota Surabaya,city,,Asia/Jakarta,35.78,Kota Surabaya;Surabaya,true`).rows.map(
    ({ agency }) => agency,
  ),
  topics: [
    topic('sosial.bansos', 'sosial'),
    topic('agama', null),
    topic('sosial', null),
    topic('mudik', null, false),
    topic('mudik.asn', 'mudik'),
  ],
  keywords: [],
  words: [],
  areas: '',
});

describe('an agency is found', () => {
  test.each([
    ['K9', 'K9'],
    ['k9', 'K9'],
    ['d32.73', 'D32.73'],
    ['Pemerintah Kota Bandung', 'D32.73'],
    ['  kemenkes ', 'K9'],
    ['kab bandung', 'D32.04'],
    ['bdgkot', 'D32.73'],
  ])('by %s', (asked, code) => {
    expect(findAgency(directory, asked)?.code).toBe(code);
  });

  test('by its code although it is inactive, which its name does not do', () => {
    expect(findAgency(directory, 'K2')?.active).toBe(false);
    expect(findAgency(directory, 'Kementerian BUMN')).toBeNull();
  });

  test.each(['Bdg', 'Bandung', '', '...', '__proto__'])('not by %s, which is none or several', (asked) => {
    expect(findAgency(directory, asked)).toBeNull();
  });
});

describe('a search', () => {
  const codes = (query: string, limit = 10) =>
    searchAgencies(directory, query, limit).map(({ code }) => code);

  test('for nothing gives every active agency by name', () => {
    expect(codes('')).toEqual(['K9', 'D32.04', 'D32.73', 'D35.78']);
  });

  test('gives the closest first', () => {
    expect(codes('kota bandung')).toEqual(['D32.73']);
    expect(codes('bandung')).toEqual(['D32.04', 'D32.73']);
    expect(codes('bandung pemerintah kab')).toEqual(['D32.04']);
    expect(codes('seha')).toEqual(['K9']);
    expect(codes('D35.78')).toEqual(['D35.78']);
  });

  test('gives no more than asked for, and nothing for what is nowhere', () => {
    expect(codes('bandung', 1)).toEqual(['D32.04']);
    expect(codes('zzz')).toEqual([]);
  });
});

test('topics are listed under the one they belong to, without those that are no more', () => {
  expect(listTopics(directory).map(({ code }) => code)).toEqual(['agama', 'sosial', 'sosial.bansos']);
  expect(findTopic(directory, 'mudik')).toBeNull();
  expect(findTopic(directory, 'agama')?.code).toBe('agama');
  expect(findTopic(directory, 'toString')).toBeNull();
});
