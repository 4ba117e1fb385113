import { get, known, mayAct, post, token } from './api.js';
import { NONE, dialog, empty, failure, h, table, tell, when } from './dom.js';

const TEXTS = {
  'dead-letters': {
    help: 'Writes that Postgres refused, and change events that no worker could read. They wait here until somebody decides.',
    none: 'No dead letters.',
    teach: 'A write that a constraint refuses would come here with its reason, without holding up the writes behind it.',
  },
  conflicts: {
    help: 'Writes that lost against a change which their writer had not seen.',
    none: 'No conflicts.',
    teach: 'With conflicts: optimistic, a write based on an older version of its row would come here.',
  },
};
const STATES = ['parked', 'replayed', 'discarded', 'all'];

function detail(found, path, reload) {
  const facts = [['kind', found.kind], ['where', `${found.topic}, partition ${found.partition}, offset ${found.offset}`],
    ['table', found.table || NONE], ['reason', found.reason], ['SQLSTATE', found.sqlstate || NONE], ['state', found.state],
    ...Object.entries(found.facts)];
  const fields = found.fields.map((field) => [
    h('code', null, field.part ? `${field.part}.${field.name}` : field.name), field.type,
    ...(found.values ? [h('code', null, field.value === null ? NONE : field.value)] : [])]);
  const columns = [{ name: 'Field' }, { name: 'Type' }, ...(found.values ? [{ name: 'Value', class: 'wrap' }] : [])];
  const may = token() !== null && !known().readOnly;
  return h('div', { class: 'stack' },
    h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value)))),
    fields.length ? table('What it holds', columns, fields, { showCaption: true }) : h('p', null, 'What it holds cannot be read.'),
    found.values ? h('p', { class: 'quiet small' }, 'These are a row’s values, and may be secret.')
      : h('p', { class: 'actions' }, h('button', { type: 'button', class: 'button small', disabled: !may,
        onclick: () => reload(true) }, 'Show values'), may ? null : h('span', { class: 'quiet small' }, 'needs the token')));
}

async function show(path, id) {
  const body = h('div', null, h('p', { class: 'quiet' }, 'asking …'));
  const load = async (values) => {
    try {
      body.replaceChildren(detail(await get(`api/${path}/${id}${values ? '?values=true' : ''}`), path, load));
    } catch (error) {
      body.replaceChildren(failure(error));
    }
  };
  load(false);
  await dialog(id, body, [{ name: 'Close', value: null, class: 'primary' }]);
}

async function decide(path, letter, verb, after) {
  const replay = verb === 'replay';
  const yes = await dialog(`${replay ? 'Replay' : 'Discard'} ${letter.id}?`,
    h('div', null, h('p', null, `${letter.reason}${letter.table ? `, ${letter.table}` : ''}`),
      h('p', null, replay ? 'It is sent again and takes effect once. What is refused again comes back under another id.'
        : 'Nothing will be done about it. The record of it stays.')),
    [{ name: 'Cancel', value: null }, { name: replay ? 'Replay' : 'Discard', value: true, class: replay ? 'primary' : 'danger' }]);
  if (!yes) return;
  try {
    await post(`api/${path}/${letter.id}/${verb}`);
    tell(`${letter.id} was ${replay ? 'replayed' : 'discarded'}.`);
  } catch (error) {
    tell(`${error.message}. ${error.fix || ''}`, true);
  }
  after();
}

const row = (path, after) => (letter) => [
  h('button', { type: 'button', class: 'link', onclick: () => show(path, letter.id), 'aria-label': `Show ${letter.id}` }, letter.id),
  when(letter.at), letter.kind, h('code', null, letter.table || NONE), letter.reason, letter.sqlstate || NONE, letter.state,
  letter.state !== 'parked' ? NONE : h('span', { class: 'actions tight' },
    h('button', { type: 'button', class: 'button small', disabled: !mayAct(), onclick: () => decide(path, letter, 'replay', after), 'aria-label': `Replay ${letter.id}` }, 'Replay'),
    h('button', { type: 'button', class: 'button small', disabled: !mayAct(), onclick: () => decide(path, letter, 'discard', after), 'aria-label': `Discard ${letter.id}` }, 'Discard')),
];

export function letters(path) {
  const texts = TEXTS[path];
  const body = h('div', null, h('p', { class: 'quiet' }, 'Loading …'));
  const select = h('select', { id: 'state' }, STATES.map((state) => h('option', { value: state }, state)));
  let before = '';
  let asking = false;
  const load = async () => {
    if (asking) return;
    asking = true;
    try {
      const found = await get(`api/${path}?state=${select.value}`);
      const now = JSON.stringify(found);
      if (now === before) return;
      before = now;
      body.replaceChildren(found.letters.length ? h('div', null, table(path, [
        { name: 'Id' }, { name: 'When' }, { name: 'Kind' }, { name: 'Table' }, { name: 'Reason', class: 'wrap' }, { name: 'SQLSTATE' }, { name: 'State' }, { name: 'Action' },
      ], found.letters.map(row(path, load))), found.more ? h('p', { class: 'quiet' }, `The newest 200. The others: cachetide ${path} list.`) : '')
        : empty(texts.none, texts.teach));
    } catch (error) {
      before = '';
      body.replaceChildren(failure(error));
    } finally {
      asking = false;
    }
  };
  select.addEventListener('change', load);
  return {
    element: h('section', { class: 'card stack' }, h('p', null, texts.help),
      h('div', { class: 'filters' }, h('label', { for: 'state' }, 'State'), select,
        mayAct() ? null : h('span', { class: 'quiet' }, known().readOnly ? 'This console only shows.' : 'Enter the token to replay and discard.')), body),
    update: load,
  };
}
