// Elements, numbers and times. Text is only ever set as text, never parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const h = (name, attributes, ...children) =>
  build(document.createElement(name), attributes, children);

export const s = (name, attributes, ...children) =>
  build(document.createElementNS(SVG, name), attributes, children);

export const NONE = '–';

const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

export function count(value) {
  if (!known(value)) return NONE;
  return Math.round(value).toLocaleString('en-US');
}

export function rate(value) {
  if (!known(value)) return NONE;
  return value < 10 && value > 0 ? value.toFixed(1) : count(value);
}

export function bytes(value) {
  if (!known(value)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let number = value;
  while (Math.abs(number) >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }
  return `${unit && number < 100 ? number.toFixed(1) : Math.round(number)} ${units[unit]}`;
}

export function seconds(value) {
  if (!known(value)) return NONE;
  if (value === 0) return '0 s';
  if (value < 0.001) return '< 1 ms';
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return `${Math.round(value / 3600)} h`;
}

export function time(iso) {
  const at = new Date(iso);
  const today = new Date().toDateString() === at.toDateString();
  const clock = at.toLocaleTimeString('en-GB');
  return today ? clock : `${at.toLocaleDateString('en-CA')} ${clock}`;
}

export const when = (iso) => h('time', { datetime: iso, title: iso }, time(iso));

/** A table that scrolls by itself where it is wider than the page. */
export function table(caption, columns, rows, options = {}) {
  const head = columns.map((column) =>
    h('th', { scope: 'col', class: column.number ? 'number' : null }, column.name));
  const body = rows.map((cells) =>
    h('tr', null, cells.map((cell, i) =>
      h(i === 0 ? 'th' : 'td',
        { scope: i === 0 ? 'row' : null, class: columns[i].number ? 'number' : columns[i].class },
        cell))));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', null,
      h('caption', { class: options.showCaption ? null : 'hidden' }, caption),
      h('thead', null, h('tr', null, head)),
      h('tbody', null, body)));
}

const focusable = (within, key) =>
  [...within.querySelectorAll('[data-focus]')].filter((each) => !each.disabled && (key === null || each.dataset.focus === key));

/**
 * Puts other children into an element. Who had the focus on a button finds it on the one that took
 * its place, or else on the first that is left: it must not fall back to the top of the page.
 */
export function replace(element, ...children) {
  const before = element.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  element.replaceChildren(...children);
  if (before === undefined) return;
  const next = focusable(element, before)[0] || focusable(element, null)[0];
  if (next) next.focus();
}

export const empty = (title, text) =>
  h('div', { class: 'empty' }, h('p', { class: 'strong' }, title), h('p', null, text));

export const failure = (error) =>
  h('div', { class: 'failure', role: 'alert' },
    h('p', { class: 'strong' }, error.message), h('p', null, error.fix || ''));

export function tell(text, bad) {
  const told = document.getElementById('told');
  told.textContent = text;
  told.dataset.level = bad ? 'bad' : 'good';
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { told.textContent = ''; }, 8000);
}

/** Asks, and resolves with whether the answer was yes. */
export function dialog(title, body, actions) {
  const box = document.getElementById('dialog');
  const key = document.activeElement ? document.activeElement.dataset.focus : undefined;
  return new Promise((resolve) => {
    const end = (value) => { box.close(); resolve(value); };
    const form = h('form', { method: 'dialog' },
      h('h2', { id: 'dialog-title' }, title), body,
      h('div', { class: 'actions' }, actions.map((action) =>
        h('button', { type: 'button', class: `button ${action.class || ''}`,
          onclick: () => end(action.value) }, action.name))));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      end(actions[actions.length - 1].value);
    });
    box.replaceChildren(form);
    box.oncancel = () => resolve(null);
    // The button that opened it may have been replaced meanwhile: the browser then leaves the focus
    // in the closed dialog for a moment, and on the page's body after it.
    box.onclose = () => {
      const lost = document.activeElement === document.body || box.contains(document.activeElement);
      const next = key === undefined || !lost ? undefined : focusable(document, key)[0];
      if (next) next.focus();
    };
    box.showModal();
  });
}
