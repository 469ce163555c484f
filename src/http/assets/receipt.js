/** The receipt's page as it happens, with buttons to copy and to print. All that is on the page works without. */

const retryMs = 30_000;

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
const findAll = (root, selector) => root.querySelectorAll(selector);

/** Takes over what is new in the parts that change. A form that is there stays: somebody may be filling it in. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) throw new Error('the page could not be loaded');
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of findAll(document, '[data-live]')) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (other === null || part.querySelector('form') !== null || part.innerHTML === other.innerHTML) continue;
    const hadFocus = part.contains(document.activeElement);
    part.replaceChildren(...other.childNodes);
    if (!hadFocus) continue;
    part.tabIndex = -1;
    part.focus();
  }
  offer(document);
}

/**
 * Follows the report for as long as the page is looked at and anything is to come.
 * @param {string} address
 */
function follow(address) {
  /** @type {EventSource | null} */
  let stream = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let ended = false;

  function connect() {
    if (stream !== null || ended || document.hidden) return;
    clearTimeout(timer);
    stream = new EventSource(address);
    stream.addEventListener('progress', () => refresh().catch(tryAgainLater));
    stream.addEventListener('end', () => {
      ended = true;
      disconnect();
    });
    // A browser connects again by itself, unless the answer was no stream: the server is full, or away.
    stream.addEventListener('error', () => {
      if (stream?.readyState === EventSource.CLOSED) tryAgainLater();
    });
  }

  function disconnect() {
    stream?.close();
    stream = null;
    clearTimeout(timer);
  }

  // The address names what the page showed at first, so a new stream begins with whatever is missing.
  function tryAgainLater() {
    disconnect();
    ended = false;
    timer = setTimeout(() => {
      refresh().then(connect, tryAgainLater);
    }, retryMs);
  }

  // A page nobody sees holds no connection; once it is seen again, it learns what it missed.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) disconnect();
    else connect();
  });
  connect();
}

/**
 * Shows the buttons that this browser can do something with.
 * @param {ParentNode} root
 */
function offer(root) {
  for (const button of findAll(root, '[data-copy]')) button.hidden = navigator.clipboard === undefined;
  for (const button of findAll(root, '[data-print]')) button.hidden = false;
}

document.addEventListener('click', async ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  if (button?.dataset.print !== undefined) print();
  if (button?.dataset.copy === undefined) return;
  // Where the browser refuses, nothing is said to be copied.
  await navigator.clipboard.writeText(button.dataset.copy).then(
    () => {
      const status = button.nextElementSibling;
      if (status !== null) status.textContent = button.dataset.copied ?? '';
    },
    () => undefined,
  );
});

offer(document);
const [news] = findAll(document, '[data-news]');
if (news?.dataset.news !== undefined) follow(news.dataset.news);

// So that the page, kept as a bookmark, does not say for ever that something was stored just now.
const here = new URL(location.href);
here.searchParams.delete('tersimpan');
history.replaceState(null, '', here);
