import type { Channel } from '../../../channels/channel.ts';
import { createChannels } from '../../../channels/index.ts';
import type { Config } from '../../config.ts';
import { closedBudget } from '../../domain/budget.ts';
import { AppError } from '../../errors.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Where reports come in, and where word goes back. Switched off is no fault: nobody needs every channel. */
export function checkChannels(config: Config): readonly Finding[] {
  let channels: readonly Channel[];
  try {
    channels = createChannels(config, closedBudget);
  } catch (error) {
    if (error instanceof AppError) return [fail('channel', error.message, 'set it right, or unset it')];
    throw error;
  }
  return channels.flatMap((channel) => [
    ...channel.providers.map((provider) =>
      ok(
        'channel',
        'off' in provider
          ? `${channel.name}/${provider.name} is off: ${provider.off}`
          : `${channel.name}/${provider.name} is on`,
      ),
    ),
    ok('channel', `${channel.name} sends ${channel.send === undefined ? 'no ' : ''}word back`),
  ]);
}

export function checkPublicUrl({ publicUrl }: Config): Finding {
  const { hostname } = new URL(publicUrl);
  return /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(hostname)
    ? warn(
        'public url',
        `${publicUrl} is reached from this machine only`,
        'set PUBLIC_URL to the address citizens see',
      )
    : ok('public url', publicUrl);
}

/** Whether a gateway answers where these settings would put it. */
export async function checkGateway({ host, port }: Config): Promise<Finding> {
  const url = gatewayUrl(host, port);
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(3_000) });
    const { status } = (await response.json()) as { readonly status?: string };
    if (status === 'ready') return ok('gateway', `ready at ${url}`);
    if (status === 'degraded')
      return warn('gateway', `${url} takes reports, but they wait`, 'mend the queue');
    return fail('gateway', `${url} takes no reports (${status ?? response.status})`, `look at ${url}/ready`);
  } catch {
    return warn('gateway', `nothing answers at ${url}`, 'npm start');
  }
}

/** Where a gateway with these settings is reached from its own machine. */
export function gatewayUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
