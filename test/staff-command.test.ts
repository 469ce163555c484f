import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';
import { testDataDir } from './support/sealing.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database.drop());

const env = () => ({
  DATABASE_URL: database.url,
  DATA_DIR: testDataDir,
  PUBLIC_URL: 'https://lapor.contoh.go.id',
});
const lapor = (...args: readonly string[]) => runLapor(['staff', ...args], env());
const options = (name: string, role: string, agency: string) => [
  '--name',
  name,
  '--role',
  role,
  '--agency',
  agency,
];

const find = async (login: string) =>
  (await database.pool.query('select * from staff where login = $1', [login])).rows[0];

test('staff are added, listed, disabled, enabled, reset, signed out and given roles, each in the audit log', async () => {
  const none = await lapor('list');
  expect(none.stdout).toContain('nobody is staff');
  expect(none.stderr).toBe('');
  const added = await lapor('add', 'Sri@KotaBogor.go.id', ...options('Sri  Wahyuni', 'admin', 'D32.71'));
  expect(added.code).toBe(0);
  expect(added.stdout).toMatch(/https:\/\/lapor\.contoh\.go\.id\/petugas\/undangan\/[\w-]{43}\n/);
  expect(await find('sri@kotabogor.go.id')).toMatchObject({
    name: 'Sri Wahyuni',
    role: 'admin',
    agency_code: 'D32.71',
  });
  expect((await lapor('list')).stdout).toBe('D32.71  admin  sri@kotabogor.go.id  Sri Wahyuni  invited\n');

  const twice = await lapor('add', 'sri@kotabogor.go.id', ...options('Sri Lestari', 'intake', 'D32.71'));
  expect(twice).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('signs in as sri@kotabogor.go.id already'),
  });

  const disabled = await lapor('disable', 'sri@kotabogor.go.id');
  expect(disabled.stdout).toContain('cannot sign in any more');
  expect(disabled.stderr).toContain('no active admin is left');
  expect((await lapor('reset', 'sri@kotabogor.go.id')).stderr).toContain('comes first');
  expect((await lapor('enable', 'sri@kotabogor.go.id')).stderr).toBe('');
  expect((await lapor('reset', 'sri@kotabogor.go.id')).stdout).toContain('/petugas/undangan/');
  expect((await lapor('sign-out', 'sri@kotabogor.go.id')).stdout).toBe(
    '0 sessions of sri@kotabogor.go.id ended\n',
  );
  const changed = await lapor('set-role', 'sri@kotabogor.go.id', 'officer');
  expect(changed.stdout).toContain('is officer from now on');
  expect(changed.stderr).toContain('no active admin is left');

  const { id } = await find('sri@kotabogor.go.id');
  const { rows } = await database.pool.query(
    `select string_agg(action, ' ' order by seq) as actions from audit_log where subject = $1`,
    [`staff:${id}`],
  );
  expect(rows[0].actions).toBe(
    'staff_added staff_disabled staff_enabled staff_reset staff_sessions_ended staff_role_changed',
  );
  // the first link and the second: only the last is good, and neither is in the database
  const links = await database.pool.query(
    'select count(*)::int from staff_invitations where used_at is null',
  );
  expect(links.rows[0].count).toBe(1);
}, 120_000);

test.each([
  [
    ['budi', ...options('Budi', 'boss', 'D32.71')],
    2,
    'There is no role "boss": use one of intake, officer, admin.',
  ],
  [['budi', ...options('Budi', 'intake', 'D99.99')], 1, 'No agency has the code D99.99'],
  [['b di', ...options('Budi', 'intake', 'D32.71')], 2, 'A login is an e-mail address'],
  [['budi', ...options('  ', 'intake', 'D32.71')], 2, 'A name has 1 to 200 letters'],
  [['budi', '--role', 'intake', '--agency', 'D32.71'], 2, 'name'],
])('add %j ends with %d and says why', async (args, code, words) => {
  const ended = await lapor('add', ...args);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(words);
  expect(await find('budi')).toBeUndefined();
});

test('a command about nobody says so', async () => {
  expect(await lapor('disable', 'tidak.ada')).toMatchObject({
    code: 1,
    stderr: 'Nobody signs in as tidak.ada: "lapor staff list" shows who there is.\n',
  });
});

test('a script hands the password over on standard input, where no history has it', async () => {
  const add = async (login: string, input: string) => {
    const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
    const args = ['staff', 'add', login, ...options('Budi Santoso', 'intake', 'D32.71'), '--password-stdin'];
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env() },
    });
    child.stdin.end(input);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    return { stderr, code };
  };
  expect(await add('budi', 'kuda lumping makan beling\n')).toEqual({ code: 0, stderr: '' });
  expect((await find('budi')).password_hash).toMatch(/^\$argon2id\$/);
  expect(await add('tono', 'BudiSantoso99\n')).toEqual({
    code: 2,
    stderr: 'The password is easy to guess: their name, a common word, or a row of digits.\n',
  });
  expect((await add('tono', '')).stderr).toContain('holds no password');
  expect(await find('tono')).toBeUndefined();
});
