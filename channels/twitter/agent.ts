import { Agent } from 'node:https';
import { connect as connectInClear } from 'node:net';
import { connect } from 'node:tls';

/**
 * The way to what stands in for X's API: the library knows but one address, and wherever it means to go it is led to this
 * one. In clear where that is http. Each call has a connection to itself: one that was kept may have been closed over there,
 * and then nobody knows whether what was sent on it arrived.
 */
export function createAgent(apiUrl: string): Agent {
  const agent = new Agent({ keepAlive: false });
  const { protocol, hostname, port } = new URL(apiUrl);
  if (protocol === 'https:' && hostname === 'api.x.com') return agent;
  const host = hostname.replace(/^\[|\]$/g, '');
  return Object.assign(agent, {
    createConnection: () =>
      protocol === 'http:'
        ? connectInClear({ host, port: Number(port || 80) })
        : connect({ host, port: Number(port || 443), servername: host }),
  });
}
