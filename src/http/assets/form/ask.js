const timeoutMs = 8_000;

/**
 * Asks the gateway; null where it does not answer, or is busy: then there is no help this time, and nobody is bothered.
 * @param {string} path
 * @param {unknown} [body] posted, where there is one
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, body, signal) {
  const controller = new AbortController();
  signal?.addEventListener('abort', () => controller.abort());
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const answer = await fetch(path, {
      signal: controller.signal,
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
