import { get, known, mayAct, post } from './api.js';
import { NONE, count, dialog, empty, failure, h, replace, table, tell } from './dom.js';
import { pauseOf, toggle } from './pauses.js';

const EXAMPLE = {
  op: 'update',
  table: 'public.users',
  before: { id: 1, email: 'ada@example.com' },
  after: { id: 1, email: 'ada@example.org' },
};

function counts(rule) {
  if (rule.evictions === null) return NONE;
  const kinds = Object.entries(rule.evictions).filter(([kind, number]) => kind !== 'widened' && number > 0);
  return kinds.length ? kinds.map(([kind, number]) => `${count(number)} ${kind}`).join(', ') : '0';
}

async function resync(name) {
  const yes = await dialog(`Evict everything that is cached of ${name}?`,
    h('p', null, 'It travels behind all changes committed before it. Readers find an empty cache afterwards; each pattern reads Redis’ keyspace once.'),
    [{ name: 'Cancel', value: null }, { name: 'Resync', value: true, class: 'danger' }]);
  if (!yes) return;
  tell(`Resync of ${name} is under way …`);
  try {
    const done = await post('api/resync', { table: name });
    tell(done.evicted ? `Evicted all of ${name} in ${done.seconds.toFixed(1)} s.` : `The workers have not evicted all of ${name} yet; they will.`, !done.evicted);
  } catch (error) {
    tell(`${error.message}. ${error.fix || ''}`, true);
  }
}

const GLOB = 'This rule is about several tables: cachetide pause --table, cachetide resync.';
const off = (name) => (name.includes('*') ? GLOB : undefined);

function state(paused) {
  if (paused === null) return NONE;
  if (!paused) return 'runs';
  return h('span', { class: 'badge', 'data-level': 'warn' }, `paused by ${paused.by}`);
}

const list = (found, status) => table('Rules', [
  { name: 'Rule' }, { name: 'Table' }, { name: 'Evicts', class: 'wrap' }, { name: 'Evictions', number: true },
  { name: 'Widened', number: true }, { name: 'In the file' }, { name: 'State' }, { name: 'Action' },
], found.rules.map((rule) => {
  const paused = pauseOf(status, 'rule', rule.name);
  return [rule.name, h('code', null, rule.table), h('span', null, rule.templates.map((each) => h('code', { class: 'block' }, each))),
    counts(rule), rule.evictions === null ? NONE : count(rule.evictions.widened || 0), h('code', null, rule.path),
    state(paused), toggle('rule', rule.name, paused)];
}));

const tables = (found, status) => table('Tables', [{ name: 'Table' }, { name: 'Rules', class: 'wrap' }, { name: 'State' }, { name: 'Action' }],
  found.tables.map((name) => {
    const paused = pauseOf(status, 'table', name);
    return [h('code', null, name), found.rules.filter((rule) => rule.table === name).map((rule) => rule.name).join(', '), state(paused),
      h('span', { class: 'actions tight' }, toggle('table', name, paused, { off: off(name) }),
        h('button', { type: 'button', class: 'button small', disabled: !mayAct() || off(name) !== undefined, title: off(name),
          'data-focus': `resync ${name}`, 'aria-label': `Resync table ${name}`, onclick: () => resync(name) }, 'Resync'))];
  }));

function explained(found) {
  if (found.problems.length) {
    return h('div', { class: 'failure' }, found.problems.map((each) =>
      h('p', null, h('span', { class: 'strong' }, `${each.message}. `), each.fix)));
  }
  const report = found.report;
  const leaves = report.evict.map((each) => [
    each.widened ? `every ${each.kind}` : each.kind, h('code', null, each.name), each.rule, h('code', null, each.path), each.why.join(', ')]);
  return h('div', { class: 'stack' },
    h('p', null, `A ${report.op} of ${report.table}: ${leaves.length === 1 ? '1 name leaves' : `${leaves.length} names leave`}.`),
    leaves.length ? table('What leaves', [{ name: 'Kind' }, { name: 'Name', class: 'wrap' }, { name: 'Rule' }, { name: 'Where' }, { name: 'Why', class: 'wrap' }], leaves, { showCaption: true })
      : empty('Nothing leaves.', 'No rule applies to this change.'),
    report.lookups.length ? table('Looked up by the worker, and not here', [{ name: 'Kind' }, { name: 'Template' }, { name: 'Rule' }, { name: 'Where' }],
      report.lookups.map((each) => [each.kind, h('code', null, each.template), each.rule, h('code', null, each.path)]), { showCaption: true }) : null,
    report.notApplied.length ? table('Does not apply', [{ name: 'Rule' }, { name: 'Where' }, { name: 'Why not', class: 'wrap' }],
      report.notApplied.map((each) => [each.rule, h('code', null, each.path), each.why]), { showCaption: true }) : null);
}

function tester() {
  const text = h('textarea', { id: 'change', rows: '12', spellcheck: 'false', 'aria-describedby': 'change-help' });
  text.value = JSON.stringify(EXAMPLE, null, 2);
  const result = h('div', { 'aria-live': 'polite' });
  const form = h('form', { class: 'stack' },
    h('label', { for: 'change' }, 'A row change, as JSON'), text,
    h('p', { class: 'quiet small', id: 'change-help' }, 'op (create, update, delete, truncate; may be left out), table, before, after. Nothing is evicted, and nothing of it is kept.'),
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'button primary' }, 'Explain')));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    let change;
    try {
      change = JSON.parse(text.value);
    } catch (error) {
      result.replaceChildren(failure({ message: 'This is not JSON.', fix: error.message }));
      return;
    }
    try {
      result.replaceChildren(explained(await post('api/explain', change)));
    } catch (error) {
      result.replaceChildren(failure(error));
    }
  });
  return { element: h('section', { class: 'card' }, h('h2', null, 'Try a change'), form, result), text };
}

export function rules() {
  const body = h('div', null, h('p', { class: 'quiet' }, 'Loading …'));
  const note = h('div', null);
  const test = tester();
  const ofTables = h('div', null, h('p', { class: 'quiet' }, 'Loading …'));
  let before = '';
  let began = false;
  const hint = mayAct() ? '' : h('p', { class: 'quiet' }, known().readOnly
    ? 'This console only shows. Start it with a token to pause and resync from here.' : 'Enter the token to pause and resync from here.');
  return {
    element: h('div', { class: 'stack' }, h('section', { class: 'card' }, h('h2', null, 'What leaves with which table'), note, body, hint),
      h('section', { class: 'card' }, h('h2', null, 'Evictions for a table’s changes'), ofTables), test.element),
    async update(status) {
      const found = await get('api/rules');
      const now = JSON.stringify([found, status.postgres.pauses]);
      if (now === before) return;
      before = now;
      note.replaceChildren(found.outdated ? h('p', { class: 'note' }, found.outdated) : '',
        found.counted ? '' : h('p', { class: 'note' }, 'No worker’s metrics are reached, so what each rule has evicted is not known.'));
      replace(ofTables, found.tables.length ? tables(found, status) : empty('No tables.', 'No rule names one.'));
      replace(body, found.rules.length ? list(found, status) : empty('No rules.', 'Add some to the configuration: docs/rules.md.'));
      if (!began && found.tables.length) {
        began = true;
        if (!found.tables.includes(EXAMPLE.table)) test.text.value = test.text.value.replace(EXAMPLE.table, found.tables[0]);
      }
    },
  };
}
