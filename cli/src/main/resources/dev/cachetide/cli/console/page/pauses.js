// Pausing and resuming roles, tables and rules, from wherever the page shows one.
import { mayAct, post } from './api.js';
import { NONE, dialog, h, table, tell, when } from './dom.js';

export const ROLES = ['ingest', 'invalidate', 'write-behind'];

const BYPASSED = 'Until it is resumed, clients of the library read all caches of the pipeline through to the database, and plain keys of it go stale.';
const CONSEQUENCES = {
  'role ingest': 'Changes wait in the slot, which keeps WAL on the database’s disk. Clients read through to the database.',
  'role invalidate': 'Changes wait in Kafka. Clients of the library read through to the database; plain keys go stale.',
  'role write-behind': 'Accepted writes wait in Kafka. Mind the topic’s retention.',
  table: `Changes of the table wait in Kafka; other tables go on. ${BYPASSED}`,
  rule: `Events are passed over for the rule, and made up for when it is resumed. ${BYPASSED}`,
};

/** How something is paused; undefined when it is not, null when nobody knows. */
export function pauseOf(status, what, name) {
  const pauses = status && status.postgres.pauses;
  return pauses ? pauses.find((each) => each.what === what && each.name === name) : null;
}

async function send(path, body, done) {
  try {
    await post(path, body);
    tell(done);
  } catch (error) {
    tell(`${error.message}. ${error.fix || ''}`, true);
  }
}

async function resume(pause) {
  const named = `${pause.what} ${pause.name}`;
  const yes = await dialog(`Resume ${named}?`,
    h('p', null, pause.name === 'write-behind' || (pause.allowStale && pause.what === 'table')
      ? 'Work goes on from where it stopped.'
      : 'Work goes on from where it stopped. What was cached before counts no more: expect one wave of misses.'),
    [{ name: 'Cancel', value: null }, { name: 'Resume', value: true, class: 'primary' }]);
  if (yes) await send('api/resume', { what: pause.what, name: pause.name }, `Resumed ${named}.`);
}

async function pause(what, name) {
  const named = `${what} ${name}`;
  const reason = h('input', { id: 'reason', maxlength: '500', autocomplete: 'off' });
  const stale = h('input', { id: 'stale', type: 'checkbox', 'aria-describedby': 'stale-help' });
  const yes = await dialog(`Pause ${named}?`,
    h('div', { class: 'stack' }, h('p', null, CONSEQUENCES[named] || CONSEQUENCES[what]),
      h('p', null, 'Nothing is lost. It lasts until somebody resumes it.'),
      h('div', null, h('label', { for: 'reason' }, 'Reason, for others to read'), reason),
      what === 'role' ? null : h('div', null,
        h('label', { class: 'check', for: 'stale' }, stale, 'Let caches be believed meanwhile'),
        h('p', { class: 'quiet small', id: 'stale-help' }, 'Readers may then see values as old as the pause, each until its entry’s TTL ends.'))),
    [{ name: 'Cancel', value: null }, { name: 'Pause', value: true, class: 'danger' }]);
  if (!yes) return;
  const body = { what, name, reason: reason.value };
  if (what !== 'role') body.allowStale = stale.checked;
  await send('api/pause', body, `Paused ${named}.`);
}

/**
 * One button that pauses what runs and resumes what is paused.
 *
 * @param paused as pauseOf says
 * @param options visible: the words on it beside the verb; off: why it cannot be pressed
 */
export function toggle(what, name, paused, options = {}) {
  const verb = paused ? 'Resume' : 'Pause';
  const visible = options.visible ? `${verb} ${options.visible}` : verb;
  return h('button', {
    type: 'button', class: options.class || 'button small', disabled: !mayAct() || paused === null || options.off !== undefined,
    title: options.off, 'data-focus': `${options.place || ''}${what} ${name}`,
    'aria-label': options.visible ? null : `${verb} ${what} ${name}`,
    onclick: () => (paused ? resume(paused) : pause(what, name)),
  }, visible);
}

/** All that is paused, each with its button. */
export const pausesTable = (pauses) => table('Paused', [
  { name: 'What' }, { name: 'Since' }, { name: 'By' }, { name: 'Caches' }, { name: 'Reason', class: 'wrap' }, { name: 'Action' },
], pauses.map((each) => [
  `${each.what} ${each.name}`, when(each.since), each.by,
  each.allowStale ? 'believed' : each.name === 'write-behind' ? NONE : 'bypassed', each.reason || NONE,
  toggle(each.what, each.name, each, { place: 'list ' })]));
