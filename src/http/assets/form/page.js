/**
 * The control of this name.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/**
 * The element with this id inside another, or in the page.
 * @param {string} selector
 * @param {ParentNode} [within]
 */
export function find(selector, within = document) {
  return /** @type {HTMLElement} */ (within.querySelector(selector));
}

/**
 * @param {string | undefined} message
 * @param {Record<string, string | number>} values
 */
export function say(message, values) {
  return (message ?? '').replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}
