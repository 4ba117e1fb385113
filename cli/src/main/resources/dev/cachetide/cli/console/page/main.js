import { begin, forget, get, known, mayAct, token, unlock } from './api.js';
import { dialog, failure, h, tell } from './dom.js';
import { charts } from './charts.js';
import { events } from './events.js';
import { letters } from './letters.js';
import { overview } from './overview.js';
import { rules } from './rules.js';

const EVERY = 2000;
const VIEWS = {
  overview: { title: 'Overview', view: overview },
  charts: { title: 'Charts', view: charts },
  rules: { title: 'Rules', view: rules },
  'dead-letters': { title: 'Dead letters', view: () => letters('dead-letters') },
  conflicts: { title: 'Conflicts', view: () => letters('conflicts') },
  events: { title: 'Events', view: events },
};

const main = document.getElementById('main');
let shown = null;
let status = null;

const wanted = () => {
  const name = location.hash.slice(1);
  return VIEWS[name] ? name : 'overview';
};

/** A view is { element, update(status), act() }; its own requests are its own. */
function show(focus) {
  const name = wanted();
  document.querySelectorAll('nav a').forEach((link) => {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
  document.title = `${VIEWS[name].title} · Cachetide console`;
  shown = VIEWS[name].view();
  const heading = h('h1', { tabindex: '-1' }, VIEWS[name].title);
  main.replaceChildren(heading, shown.element);
  main.dataset.view = name;
  if (focus) heading.focus({ preventScroll: true });
  if (status) shown.update(status);
}

function health(found) {
  const pill = document.getElementById('health');
  const programs = (found.workers.processes || []).flatMap((each) => each.programs);
  const waiting = programs.filter((program) => !program.ready);
  const paused = (found.postgres.pauses || []).length;
  const away = ['postgres', 'kafka'].filter((name) => !found[name].ok);
  let text = 'all programs are ready';
  let level = 'good';
  if (away.length) [text, level] = [`${away.map((name) => name[0].toUpperCase() + name.slice(1)).join(' and ')} not reached`, 'bad'];
  else if (paused) [text, level] = [`${paused} paused`, 'warn'];
  else if (waiting.length) [text, level] = [`${waiting.map((each) => each.name).join(', ')} not ready`, 'warn'];
  else if (!programs.length) [text, level] = ['workers not reached', 'unknown'];
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.level = level;
  document.getElementById('pipeline').textContent = found.pipeline;
}

async function look() {
  if (document.hidden) return;
  try {
    if (known().tokenToRead && token() === null) {
      main.replaceChildren(failure({ message: 'This console asks for its token.', fix: 'Choose “Enter token” above.' }));
      shown = null;
      return;
    }
    if (!shown) show(false);
    status = await get('api/status');
    health(status);
    if (shown) await shown.update(status);
  } catch (error) {
    const pill = document.getElementById('health');
    pill.textContent = error.message;
    pill.dataset.level = 'bad';
    if (error.status === 401 || error.status === 403) { forget(); lock(); }
  }
}

function lock() {
  const button = document.getElementById('lock');
  button.hidden = false;
  button.textContent = known().readOnly ? 'Read-only' : mayAct() ? 'Lock actions' : 'Enter token';
  button.setAttribute('aria-haspopup', mayAct() ? 'false' : 'dialog');
}

async function turnKey() {
  if (known().readOnly) {
    await dialog('This console only shows',
      h('p', null, 'To act from here, start it with a token of 16 characters or more: ',
        h('code', null, 'cachetide console --token-file FILE'), ', or put it into ',
        h('code', null, 'CACHETIDE_CONSOLE_TOKEN'), '.'),
      [{ name: 'Close', value: null, class: 'primary' }]);
    return;
  }
  if (mayAct()) {
    forget();
    tell('Actions are locked; the token is forgotten.');
  } else {
    const input = h('input', { id: 'token', type: 'password', autocomplete: 'off', required: true });
    const yes = await dialog('Enter the console’s token',
      h('div', null,
        h('p', null, 'Who started the console has it. It is kept in this tab only.'),
        h('label', { for: 'token' }, 'Token'), input),
      [{ name: 'Cancel', value: null }, { name: 'Unlock', value: true, class: 'primary' }]);
    if (yes) {
      try {
        await unlock(input.value);
        tell('Actions are unlocked.');
      } catch (error) {
        tell(`${error.message}: ${error.fix || ''}`, true);
      }
    }
  }
  lock();
  show(false);
  look();
}

window.addEventListener('hashchange', () => show(true));
document.addEventListener('visibilitychange', look);
document.getElementById('lock').addEventListener('click', turnKey);

(async () => {
  try {
    await begin();
  } catch (error) {
    main.replaceChildren(failure(error));
    return;
  }
  lock();
  await look();
  setInterval(look, EVERY);
})();
