import { known, mayAct } from './api.js';
import { NONE, bytes, count, empty, h, rate, replace, seconds, table, time } from './dom.js';
import { ROLES, pauseOf, pausesTable, toggle } from './pauses.js';
import { picture } from './picture.js';

/** What is known of a role: { state, level, processes }. */
function role(status, name) {
  const programs = (status.workers.processes || [])
    .flatMap((process) => process.programs)
    .filter((program) => program.name === name);
  if (pauseOf(status, 'role', name)) return { state: 'paused', level: 'warn' };
  if (!programs.length) return { state: 'not reached', level: 'unknown' };
  const ready = programs.filter((program) => program.ready).length;
  if (ready === programs.length) return { state: programs.length > 1 ? `${ready} ready` : 'ready', level: 'good' };
  return { state: `${ready} of ${programs.length} ready`, level: ready ? 'warn' : 'bad' };
}

const server = (name, found) =>
  found.ok ? { name, state: 'answers', level: 'good' } : { name, state: 'not reached', level: 'bad' };

/** Refused writes stand in Postgres, events that could not be read in Kafka: all of them, or not known. */
function deadLetters(status) {
  const writes = status.postgres.parkedWrites;
  const events = status.events.parked;
  return writes === null || writes === undefined || events === null ? NONE : count(writes + events);
}

function contents(status) {
  const { numbers } = status;
  const slot = status.postgres.slot;
  const groups = Object.fromEntries((status.kafka.groups || []).map((each) => [each.group, each]));
  const invalidate = groups[status.names.invalidate];
  const writes = groups[status.names.writeBehind];
  const lag = (group) => (group ? count(group.records) : NONE);
  const behind = (group) => (group ? seconds(group.seconds) : NONE);
  const canaryLate = numbers['canary.age'] > status.canaryLimitSeconds;
  const wal = slot && slot.walStatus;
  const walBad = wal && wal !== 'reserved' && wal !== 'extended';
  return {
    postgres: { ...server('Postgres', status.postgres), ...(walBad ? { state: `slot ${wal}`, level: 'bad' } : {}),
      lines: [['slot', slot ? (slot.active ? 'is read' : 'nobody reads') : NONE], ['slot lag', bytes(slot && slot.lagBytes)],
        ['slot retains', bytes(slot && slot.retainedBytes)], ['WAL', wal || NONE],
        ['dead letters', deadLetters(status)], ['conflicts', count(status.postgres.conflicts)],
        ['generation', status.postgres.generation ? count(status.postgres.generation.number) : NONE]] },
    postgresWrites: { ...server('Postgres', status.postgres),
      lines: [['dead letters', deadLetters(status)], ['conflicts', count(status.postgres.conflicts)]] },
    ingest: { name: 'Ingest', ...role(status, 'ingest'),
      lines: [['published/s', rate(numbers[`published:${status.names.invalidate}`])], ['slot lag', bytes(slot && slot.lagBytes)]] },
    kafka: { ...server('Kafka', status.kafka),
      lines: [['Changes'], ['waiting', lag(invalidate)], ['oldest', behind(invalidate)], ['partitions', count(invalidate && invalidate.partitions)],
        ['Writes'], ['waiting', lag(writes)], ['oldest', behind(writes)], ['partitions', count(writes && writes.partitions)]] },
    kafkaChanges: { ...server('Kafka: changes', status.kafka),
      lines: [['waiting', lag(invalidate)], ['oldest', behind(invalidate)], ['partitions', count(invalidate && invalidate.partitions)]] },
    kafkaWrites: { ...server('Kafka: writes', status.kafka), lines: [['waiting', lag(writes)], ['oldest', behind(writes)]] },
    invalidate: { name: 'Invalidation', ...role(status, 'invalidate'),
      lines: [['finished/s', rate(numbers[`finished:${status.names.invalidate}`])],
        ['to cache, p99', seconds(numbers['evicted.p99'])], ['members', count(invalidate && invalidate.members)]] },
    redis: { name: 'Redis', state: numbers['canary.age'] === undefined ? 'not known' : canaryLate ? 'canary late' : 'canary fresh',
      level: numbers['canary.age'] === undefined ? 'unknown' : canaryLate ? 'bad' : 'good',
      lines: [['canary age', seconds(numbers['canary.age'])], ['canary p99', seconds(numbers['canary.p99'])]] },
    writeBehind: { name: 'Write-behind', ...role(status, 'write-behind'),
      lines: [['finished/s', rate(numbers[`finished:${status.names.writeBehind}`])], ['oldest', behind(writes)], ['members', count(writes && writes.members)]] },
    apps: { name: 'Applications', state: 'read and write', level: 'plain',
      lines: [['writes/s', rate(numbers[`published:${status.names.writeBehind}`])]] },
  };
}

function summary(status, found) {
  return `Pipeline ${status.pipeline}. ` + ['postgres', 'ingest', 'kafka', 'invalidate', 'redis', 'writeBehind']
    .map((key) => `${found[key].name}: ${found[key].state}`).join(', ') + '. The numbers are in the table below.';
}

const groupsTable = (status) => table('Groups', [
  { name: 'Group' }, { name: 'Waiting', number: true }, { name: 'Oldest', number: true },
  { name: 'Published/s', number: true }, { name: 'Finished/s', number: true }, { name: 'Members', number: true },
], (status.kafka.groups || []).map((group) => [
  group.group, count(group.records), seconds(group.seconds), rate(status.numbers[`published:${group.group}`]),
  rate(status.numbers[`finished:${group.group}`]), count(group.members),
]));

const programsTable = (status) => table('Programs', [
  { name: 'Program' }, { name: 'State' }, { name: 'Reason', class: 'wrap' }, { name: 'Page' },
], (status.workers.processes || []).flatMap((process) =>
  process.reached ? process.programs.map((program) => [
    program.name, badge(program.ready ? 'ready' : program.alive ? 'not ready' : 'not alive', program.ready ? 'good' : 'bad'),
    program.reason || NONE, process.page])
    : [['not reached', badge('unknown', 'unknown'), 'nobody answers at this address', process.page]]));

const badge = (text, level) => h('span', { class: 'badge', 'data-level': level }, text);

function problems(status) {
  return ['postgres', 'kafka'].filter((name) => !status[name].ok).map((name) =>
    h('p', { class: 'failure' }, `${status[name].problem}. Its numbers are not known; see `, h('code', null, 'cachetide doctor'), '.'));
}

function unreached(status) {
  const processes = status.workers.processes || [];
  if (processes.some((each) => each.reached)) return null;
  return h('p', { class: 'note' }, processes.length
    ? 'No worker’s page answers, so canary, delays and readiness are not known. Lag and slot are: they come from Kafka and Postgres.'
    : 'The console was not told where the workers’ metrics are. Start it with ', processes.length ? '' : h('code', null, '--metrics http://HOST:PORT/metrics'), processes.length ? '' : ' to see canary, delays and readiness.');
}

export function overview() {
  const narrow = window.matchMedia('(max-width: 760px)');
  const drawing = h('div', { class: 'card drawing' });
  const notes = h('div', { class: 'notes' });
  const paused = h('section', { class: 'card' });
  const groups = h('div', null);
  const programs = h('div', null);
  const buttons = (status) => h('div', { class: 'actions' }, ROLES.map((name) =>
    toggle('role', name, pauseOf(status, 'role', name), { visible: name, class: 'button' })));
  const why = mayAct() ? null : h('p', { class: 'quiet' }, known().readOnly
    ? 'This console only shows. Start it with a token to pause and resume from here.' : 'Enter the token to pause and resume from here.');
  const element = h('div', { class: 'stack' }, notes, drawing,
    h('section', { class: 'card' }, h('h2', null, 'Groups'), groups),
    h('section', { class: 'card' }, h('h2', null, 'Programs'), programs), paused);
  let lastPauses = null;
  return {
    element,
    update(status) {
      const found = contents(status);
      drawing.replaceChildren(picture(found, {
        changes: status.numbers[`finished:${status.names.invalidate}`] > 0,
        writes: status.numbers[`finished:${status.names.writeBehind}`] > 0,
        reads: true,
      }, narrow.matches, summary(status, found)),
      h('p', { class: 'quiet small' }, `as of ${time(status.at)}; – is what is not known`));
      notes.replaceChildren(...problems(status), unreached(status) || '');
      groups.replaceChildren(status.kafka.ok ? groupsTable(status) : empty('Kafka is not reached.', 'How far the groups are behind is not known.'));
      programs.replaceChildren((status.workers.processes || []).length ? programsTable(status) : empty('No process is known.', 'Name the workers’ pages with --metrics.'));
      const now = JSON.stringify(status.postgres.pauses || status.postgres.problem);
      if (now !== lastPauses) {
        lastPauses = now;
        const pauses = status.postgres.pauses;
        replace(paused, h('h2', null, 'Paused'),
          !pauses ? empty('Not known.', 'Postgres holds what is paused.')
            : pauses.length ? pausesTable(pauses) : empty('Nothing is paused.', 'A pause stops a role, a table’s evictions or a rule, until it is resumed. Nothing is lost meanwhile. Tables and rules are paused from the view Rules.'),
          buttons(status), why || '');
      }
    },
  };
}
