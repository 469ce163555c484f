/** The page of an import that runs: takes over its progress every second, and the whole page once it is over. */

const everyMs = 1_000;

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const part = document.querySelector('[data-live="progress"]');
  const other = fresh.querySelector('[data-live="progress"]');
  if (part === null || other === null) return;
  if (fresh.querySelector('script[type="module"]') === null) {
    location.reload();
    return;
  }
  part.replaceChildren(...other.childNodes);
}

async function follow() {
  if (!document.hidden) await refresh().catch(() => undefined);
  setTimeout(follow, everyMs);
}

setTimeout(follow, everyMs);
