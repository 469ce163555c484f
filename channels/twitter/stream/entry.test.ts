import { describe, expect, it } from 'vitest';
import { endByAnswer, readStreamEntry } from './entry.ts';

const ours = new Set(['1']);
const read = (line: object) => readStreamEntry(JSON.stringify(line), ours);
const now = new Date('2026-11-22T10:00:00Z');

describe('a line of the stream', () => {
  it('is a post, with what it refers to', () => {
    const line = {
      data: { id: '10', text: 'Lampu jalan mati #lapor1708' },
      includes: { users: [{ id: '5' }], tweets: [{ id: '9' }] },
      matching_rules: [{ id: '1', tag: 'lapor-gateway' }],
    };
    expect(read(line)).toEqual({ kind: 'post', answer: line, isOurs: true });
  });

  it('is a post though X names no rule, or says that something it refers to is gone', () => {
    const errors = [{ title: 'Not Found Error', resource_type: 'tweet' }];
    expect(read({ data: { id: '10' }, errors })).toMatchObject({ kind: 'post', isOurs: true });
  });

  it('is ours by the id or the tag of a rule', () => {
    const found = (rule: object) => read({ data: { id: '10' }, matching_rules: [rule] });
    expect(found({ id: '1' })).toMatchObject({ isOurs: true });
    expect(found({ id: '2', tag: 'lapor-gateway' })).toMatchObject({ isOurs: true });
    expect(found({ id: '3', tag: 'riset' })).toMatchObject({ kind: 'post', isOurs: false });
  });

  it('is a farewell, alone or in a list', () => {
    const problem = {
      title: 'operational-disconnect',
      disconnect_type: 'UpstreamOperationalDisconnect',
      detail: 'This stream has been disconnected upstream for operational reasons.',
      type: 'https://api.x.com/2/problems/operational-disconnect',
    };
    expect(read({ errors: [problem] })).toEqual({ kind: 'farewell', end: null });
    expect(read(problem)).toEqual({ kind: 'farewell', end: null });
  });

  it('is a farewell that says why another connection, or money, is needed first', () => {
    const crowded = { title: 'ConnectionException', connection_issue: 'TooManyConnections' };
    expect(read({ errors: [crowded] })).toEqual({ kind: 'farewell', end: { kind: 'crowded' } });
    expect(read({ title: 'UsageCapExceeded', period: 'Monthly' })).toEqual({
      kind: 'farewell',
      end: { kind: 'failed', failure: { kind: 'credits' } },
    });
  });

  it('is nothing where it is no object, half of one, or one that says nothing', () => {
    for (const line of ['{"data":{"id":"1', '[]', '7', 'null', '{}', '{"data":7}', '{"errors":[]}', 'x']) {
      expect(readStreamEntry(line, ours)).toEqual({ kind: 'unreadable' });
    }
  });
});

describe('an answer that is no stream', () => {
  const end = (status: number, body: unknown) => endByAnswer(status, {}, JSON.stringify(body), now);

  it('tells too many connections from too many requests, though both are 429', () => {
    const crowded = { title: 'ConnectionException', connection_issue: 'TooManyConnections' };
    expect(end(429, crowded)).toEqual({ kind: 'crowded' });
    expect(end(429, { errors: [crowded] })).toEqual({ kind: 'crowded' });
    expect(end(429, { title: 'Too Many Requests', status: 429 })).toMatchObject({
      failure: { kind: 'rate-limited' },
    });
  });

  it('is a failure like any other, whatever its body', () => {
    expect(endByAnswer(503, {}, '<html>Over capacity', now)).toMatchObject({ failure: { kind: 'in-doubt' } });
    expect(end(402, { title: 'CreditsDepleted' })).toMatchObject({ failure: { kind: 'credits' } });
    expect(end(401, null)).toMatchObject({ failure: { kind: 'unauthorized' } });
    const noRules = { title: 'ConnectionException', connection_issue: 'RuleConfigurationIssue' };
    expect(end(409, noRules)).toMatchObject({ failure: { kind: 'invalid' } });
  });
});
