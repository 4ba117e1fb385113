import { get } from './api.js';
import { empty, h, when } from './dom.js';

const WORDS = { info: 'note', warning: 'look', bad: 'bad' };

export function events() {
  const list = h('div', null, h('p', { class: 'quiet' }, 'Loading …'));
  let before = '';
  return {
    element: h('section', { class: 'card stack' },
      h('p', null, 'What Postgres remembers of the pipeline, and what this console has seen change since it was started.'), list),
    async update() {
      const found = await get('api/events');
      const now = JSON.stringify(found);
      if (now === before) return;
      before = now;
      list.replaceChildren(found.events.length ? h('ol', { class: 'timeline' }, found.events.map((event) =>
        h('li', { 'data-level': event.level }, when(event.at),
          h('span', { class: 'badge', 'data-level': { info: 'plain', warning: 'warn', bad: 'bad' }[event.level] }, event.kind),
          h('span', { class: 'what' }, h('span', { class: 'hidden' }, `${WORDS[event.level]}: `), event.text))))
        : empty('Nothing of note yet.', 'Rebalances, generation bumps, pauses, dead letters and a late canary would be listed here.'));
    },
  };
}
