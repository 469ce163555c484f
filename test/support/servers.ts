import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/db/migrate.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { startRedis } from '../../src/embedded/redis.ts';
import { findRedis } from '../../src/embedded/redis-binaries.ts';
import { letPass } from '../../src/embedded/run-as.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the throw-away PostgreSQL's database `lapor`, which stays empty: tests work in databases of their own. */
    postgresUrl: string;
    /** Null where no Redis is to be had. */
    redisUrl: string | null;
    /** A folder that disappears at the end, and with it the embedded servers that run inside. */
    scratch: string;
  }
}

/**
 * Of the PostgreSQL that all tests share. Nine gateways run at a time, each with 32 connections. A database is dropped once
 * every backend has heard of it, and one whose client falls silent while it signs in hears nothing.
 */
const sharedSettings = { max_connections: '500', authentication_timeout: '10s' };

/** A PostgreSQL and a Redis for this run of the tests, with full durability, gone when it ends in whatever way. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'lapor-test-'));
  letPass(folder);
  const removeAll = removeWhenWeEnd(folder);
  const say = () => {};
  const packages = fileURLToPath(new URL('../../node_modules/.cache/redis-packages', import.meta.url));
  try {
    const [postgres, redis] = await Promise.all([
      startPostgres(join(folder, 'postgres'), say, sharedSettings),
      findRedis(packages, say).then((found) => found && startRedis(join(folder, 'redis'), found)),
    ]);
    await createTemplate(postgres.url);
    project.provide('postgresUrl', postgres.url);
    project.provide('redisUrl', redis?.url ?? null);
    project.provide('scratch', folder);
  } catch (error) {
    await removeAll();
    throw error;
  }
  return removeAll;
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('create database lapor_template');
  await client.end();
  const template = new URL(url);
  template.pathname = '/lapor_template';
  await migrate(template.href, console.error);
}

/**
 * A shell in a session of its own that waits for our end, a kill -9 included: then its input closes, and it stops the
 * servers, unmounts what a test mounted there and removes the folder. Calling the answer does the same and waits for it.
 */
function removeWhenWeEnd(folder: string): () => Promise<void> {
  const script = `
    while read -r _; do :; done
    find . -name postmaster.pid | while read -r lock; do
      pid=$(head -n 1 "$lock")
      kill -QUIT "$pid"
      tries=0
      while kill -0 "$pid" && [ $((tries += 1)) -lt 100 ]; do sleep 0.05; done
    done
    find . -name server.json | while read -r state; do
      kill -KILL "$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$state")"
    done
    cd /
    [ -r /proc/mounts ] && while read -r _ disk _; do
      case $disk in "$0"/*) umount "$disk" ;; esac
    done < /proc/mounts
    rm -rf "$0"`;
  const reaper = spawn('sh', ['-c', script, folder], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  return async () => {
    reaper.ref();
    reaper.stdin.end();
    await once(reaper, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
}
