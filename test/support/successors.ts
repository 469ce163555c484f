import { allRoles, type InProcess, startInProcess } from './app.ts';
import { type Running, startGateway } from './gateway.ts';

type Settings = Readonly<Record<'DATABASE_URL' | 'REDIS_URL', string>> & Readonly<Record<string, string>>;

/** Gateways that die at a crash point, and those that find what they left. */
export function createSuccessors() {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    /** A process of its own, for it is killed. */
    startDying: async (settings: Settings, point: string): Promise<Running> => {
      const gateway = await startGateway('all', { ...settings, CRASH_AT: point });
      stops.push(() => gateway.end('SIGKILL'));
      return gateway;
    },
    /** Here, where its packages are loaded already. */
    startNext: async (settings: Settings): Promise<InProcess> => {
      const servers = { databaseUrl: settings.DATABASE_URL, redisUrl: settings.REDIS_URL };
      const gateway = await startInProcess(servers, allRoles, settings);
      stops.push(gateway.stop);
      return gateway;
    },
    /** Ends all that still run. */
    endAll: async (): Promise<void> => {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
  };
}
